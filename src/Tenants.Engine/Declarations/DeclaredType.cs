using System.Globalization;
using System.Text.RegularExpressions;
using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Declarations;

/// <summary>Types of tenant columns as people write them.</summary>
internal static partial class DeclaredType
{
    /// <summary>What can be declared, for messages.</summary>
    public const string Expected = "'text', 'varchar', 'varchar(n)', 'integer', 'bigint', 'uuid', or a domain over one of them with its schema, such as 'app.tenant_id'";

    private const int LongestVarchar = 10485760;

    /// <summary>The type as PostgreSQL writes it; null where no tenant column can have it. A domain is looked up later.</summary>
    public static string? Normalize(string text)
    {
        if (Domain().Match(text.Trim()) is { Success: true } domain)
        {
            return TableName.Format(Part(domain.Groups["schema"].Value), Part(domain.Groups["name"].Value));
        }

        var plain = Spaces().Replace(text.Trim(), " ").ToLowerInvariant();
        if (Varchar().Match(plain) is { Success: true } varchar)
        {
            return !varchar.Groups["n"].Success ? "character varying"
                : int.TryParse(varchar.Groups["n"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is > 0 and <= LongestVarchar
                    ? $"character varying({n.ToString(CultureInfo.InvariantCulture)})"
                    : null;
        }

        return plain switch
        {
            "text" or "uuid" or "integer" or "bigint" => plain,
            "int" or "int4" => "integer",
            "int8" => "bigint",
            _ => null,
        };
    }

    /// <summary>It names a domain, which only the database knows.</summary>
    public static bool IsDomain(string normalized) => normalized.Contains('.', StringComparison.Ordinal);

    /// <summary>Why a column of a type cannot hold tenants of another; null where it can.</summary>
    public static string? Misfit(string baseType, TenantIdType tenants) => ColumnCheck.Fits(baseType, tenants)
        ? null
        : $"A column of type {baseType} cannot hold tenants of type {Isolation.Installation.SqlTypeOf(tenants)}. Expected: {ColumnCheck.Allowed(tenants)}.";

    private static string Part(string part) => part.StartsWith('"') ? part[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : part.ToLowerInvariant();

    [GeneratedRegex("^(?<schema>[\\p{L}_][\\p{L}\\p{N}_$]*|\"(?:[^\"]|\"\")+\")\\.(?<name>[\\p{L}_][\\p{L}\\p{N}_$]*|\"(?:[^\"]|\"\")+\")\\z")]
    private static partial Regex Domain();

    [GeneratedRegex("^(?:varchar|character varying) ?(?:\\( ?(?<n>[0-9]+) ?\\))?\\z")]
    private static partial Regex Varchar();

    [GeneratedRegex("\\s+")]
    private static partial Regex Spaces();
}
