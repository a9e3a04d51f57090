namespace Tenants.Engine.Queries.Values;

/// <summary>
/// A value that is a <typeparamref name="T"/> as a rule, kept without a box; or NULL; or, where it does not fit that type, something
/// else (a numeric too long for decimal, a date before Christ). Public, for the classes of records have such fields.
/// </summary>
/// <typeparam name="T">The type that nearly all values have.</typeparam>
public struct Loose<T>
    where T : struct
{
    private static readonly object s_null = new();

    private T _value;

    // Null where _value holds.
    private object? _other;

    /// <summary>Keeps any value.</summary>
    /// <param name="value">The value; null for NULL.</param>
    public Loose(object? value) => Value = value;

    /// <summary>NULL.</summary>
    internal static Loose<T> Null => new() { _other = s_null };

    /// <summary>The value; null for NULL.</summary>
    public object? Value
    {
        readonly get => _other is null ? _value : ReferenceEquals(_other, s_null) ? null : _other;
        set => (_value, _other) = value is T fitting ? (fitting, null) : (default(T), value ?? s_null);
    }

    /// <summary>Keeps a value that fits.</summary>
    public static implicit operator Loose<T>(T value) => new() { _value = value };
}
