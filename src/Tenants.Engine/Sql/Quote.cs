using System.Text;

namespace Tenants.Engine.Sql;

/// <summary>The one place where identifiers and literals are quoted.</summary>
public static class Quote
{
    /// <summary>The longest identifier that PostgreSQL keeps, in bytes of UTF-8 (NAMEDATALEN - 1).</summary>
    public const int MaxIdentifierBytes = 63;

    /// <summary>Quotes an identifier, always with double quotes: what reads <c>user</c> stays a name.</summary>
    /// <param name="name">The name as it stands in the catalog.</param>
    /// <exception cref="TenantException">The name is empty, holds a NUL, or is longer than PostgreSQL keeps.</exception>
    public static string Identifier(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal))
        {
            throw new TenantException("InvalidIdentifier", TenantErrorKind.InvalidArgument, "A name in PostgreSQL has at least one character, and none is NUL.");
        }

        // The server would cut a longer name without an error, and then mean another object.
        if (Encoding.UTF8.GetByteCount(name) > MaxIdentifierBytes)
        {
            throw new TenantException(
                "InvalidIdentifier",
                TenantErrorKind.InvalidArgument,
                $"The name '{name}' is longer than {MaxIdentifierBytes} bytes, and PostgreSQL would cut it. Use a shorter one.");
        }

        return string.Concat("\"", name.Replace("\"", "\"\"", StringComparison.Ordinal), "\"");
    }

    /// <summary>Quotes a qualified name: <c>"schema"."name"</c>.</summary>
    public static string Identifier(string schema, string name) => $"{Identifier(schema)}.{Identifier(name)}";

    /// <summary>Quotes a string literal so that it means the same whatever <c>standard_conforming_strings</c> says.</summary>
    /// <param name="value">The text; it may not hold a NUL, which PostgreSQL's text cannot.</param>
    public static string Literal(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw new TenantException("InvalidLiteral", TenantErrorKind.InvalidArgument, "PostgreSQL's text cannot hold the character NUL.");
        }

        var doubled = value.Replace("'", "''", StringComparison.Ordinal);
        return doubled.Contains('\\', StringComparison.Ordinal)
            ? string.Concat("E'", doubled.Replace("\\", "\\\\", StringComparison.Ordinal), "'")
            : string.Concat("'", doubled, "'");
    }

    /// <summary>Quotes a block of code between dollar signs, on lines of its own, so that it reads as it was written.</summary>
    /// <param name="code">The code.</param>
    public static string Dollar(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        var tag = "$tenants$";
        for (var number = 1; code.Contains(tag, StringComparison.Ordinal); number++)
        {
            tag = $"$tenants{number}$";
        }

        return $"{tag}\n{code}\n{tag}";
    }
}
