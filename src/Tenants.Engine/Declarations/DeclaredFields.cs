using System.Globalization;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Declarations;

/// <summary>The values of one <c>@{ … }</c> by their names, each asked for as what it must be; what is not that is noted as a mistake.</summary>
internal sealed class DeclaredFields
{
    private readonly Dictionary<string, DeclaredValue> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly DeclarationMistakes _mistakes;

    /// <summary>Takes them, and notes names that nobody knows.</summary>
    public DeclaredFields(DeclaredMap map, string what, IReadOnlyList<string> known, DeclarationMistakes mistakes)
    {
        _mistakes = mistakes;
        foreach (var entry in map.Entries)
        {
            if (!known.Contains(entry.Name, StringComparer.OrdinalIgnoreCase))
            {
                mistakes.Add(entry.Line, entry.Column, $"{what} has no key '{entry.Name}'.{NearNames.Sentence(entry.Name, known)} Expected: {string.Join(", ", known)}.");
            }
            else if (!_values.TryAdd(entry.Name, entry.Value))
            {
                mistakes.Add(entry.Line, entry.Column, $"The key '{entry.Name}' is given twice. Expected: once.");
            }
        }
    }

    /// <summary>A value as it was written; null where it is not given, or <c>$null</c>.</summary>
    public DeclaredValue? Value(string key) => _values.TryGetValue(key, out var value) && value is not DeclaredScalar { Value: null } ? value : null;

    /// <summary>A text that is not empty.</summary>
    public string? Text(string key) => Value(key) is { } value ? Text(value, $"'{key}'") : null;

    /// <summary>A text, or a number as it is written: a tenant's identifier may be one.</summary>
    public string? TextOrNumber(string key) => Value(key) is DeclaredScalar { Value: int or long } number
        ? Convert.ToString(number.Value, CultureInfo.InvariantCulture)
        : Text(key);

    /// <summary>A truth value.</summary>
    public bool Flag(string key)
    {
        switch (Value(key))
        {
            case null:
                return false;
            case DeclaredScalar { Value: bool flag }:
                return flag;
            case var other:
                _mistakes.Add(other, $"'{key}' is {Describe(other)}. Expected: $true or $false.");
                return false;
        }
    }

    /// <summary>A list of one or more; a single value stands for a list of one.</summary>
    public IReadOnlyList<DeclaredValue>? List(string key, string expected)
    {
        switch (Value(key))
        {
            case null:
                return null;
            case DeclaredList { Items: [] } empty:
                _mistakes.Add(empty, $"'{key}' is an empty list. Expected: {expected}; or leave the key away.");
                return null;
            case DeclaredList list:
                return list.Items;
            case var single:
                return [single];
        }
    }

    /// <summary>One of some words, whatever their case.</summary>
    public T? Choice<T>(string key)
        where T : struct, Enum
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        var names = Enum.GetNames<T>();
        if (names.FirstOrDefault(n => n.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } name)
        {
            return Enum.Parse<T>(name);
        }

        _mistakes.Add(Value(key)!, $"'{key}' is '{text}'.{NearNames.Sentence(text, names)} Expected: {string.Join(", ", names.Select(n => $"'{n}'"))}.");
        return null;
    }

    /// <summary>A value that must be a text that is not empty.</summary>
    public string? Text(DeclaredValue value, string what)
    {
        if (value is DeclaredScalar { Value: string text })
        {
            if (!string.IsNullOrWhiteSpace(text) && !text.Contains('\0', StringComparison.Ordinal))
            {
                return text;
            }

            _mistakes.Add(value, $"{what} is {(string.IsNullOrWhiteSpace(text) ? "empty" : "a text with the character NUL")}. Expected: a text, such as 'todo_item'.");
            return null;
        }

        _mistakes.Add(value, $"{what} is {Describe(value)}. Expected: a text in quotes.");
        return null;
    }

    /// <summary>What a value is, for people.</summary>
    public static string Describe(DeclaredValue value) => value switch
    {
        DeclaredList => "a list @( … )",
        DeclaredMap => "a table @{ … }",
        DeclaredScalar { Value: null } => "$null",
        DeclaredScalar { Value: bool flag } => flag ? "$true" : "$false",
        DeclaredScalar { Value: string } => "a text",
        _ => "a number",
    };
}
