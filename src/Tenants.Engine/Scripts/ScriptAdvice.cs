using System.Globalization;

namespace Tenants.Engine.Scripts;

/// <summary>The words for a difference, and what to do about it.</summary>
internal static class ScriptAdvice
{
    private const string BeforeForce =
        "Run it before FORCE ROW LEVEL SECURITY, or as a login that sees all rows: a member of the database's role tenants_admin_…, or one with BYPASSRLS. "
        + "With SET row_security = off as the script's first statement it would at least fail instead of reporting success.";

    /// <summary>What the two runs did.</summary>
    public static string Explain(string login, StatementOutcome asLogin, StatementOutcome allRows, IReadOnlyList<string> tables, long? ofLogin, long? ofAll)
    {
        if (tables.Count == 0 && asLogin.IsNull != allRows.IsNull)
        {
            return $"As '{login}' it returns {(asLogin.IsNull ? "NULL" : "a value")}, with all rows in sight {(allRows.IsNull ? "NULL" : "a value")}: policies hide rows from that login.";
        }

        if (tables.Count == 0)
        {
            var verb = asLogin.Number is not null || allRows.Number is not null ? "returns" : "gives";
            var unit = verb == "returns" ? "" : " rows";
            return $"As '{login}' it {verb} {Text(ofLogin)}{unit}, with all rows in sight {Text(ofAll)}: policies hide rows from that login.";
        }

        var each = tables.Select(table => $"{table}: {Describe(asLogin.Changes.GetValueOrDefault(table))} as '{login}', {Describe(allRows.Changes.GetValueOrDefault(table))} with all rows in sight");
        return $"It reports success and changes other rows than it should, for policies hide rows from that login (FORCE binds a table's owner too). {string.Join("; ", each)}.";
    }

    /// <summary>What to do where the counts differ.</summary>
    public static string OnCounts(string login, bool changesRows, long? ofLogin, long? ofAll) =>
        !changesRows ? $"Whatever is decided by that result is decided blindly. {BeforeForce}"
        : ofLogin > ofAll ? $"It changes more than it should: what looks for rows that are there already (NOT EXISTS, a join, ON CONFLICT) does not find those that are hidden from '{login}'. {BeforeForce}"
        : BeforeForce;

    /// <summary>What to do where it fails only with all rows in sight.</summary>
    public static string OnHiddenError(TenantException error, string login) => error.SqlState switch
    {
        "23503" => $"A foreign key is validated by the rows that '{login}' sees, so it would stand as valid over rows that refer to nothing. Mend or delete those first, and add it as a login that sees all rows, or before FORCE.",
        { } state when state.StartsWith("23", StringComparison.Ordinal) => $"Rows that are hidden from '{login}' break it. Mend those first, as a login that sees all rows, or before FORCE.",
        "42501" => "Not even the run with all rows in sight could see them all: a table or view belongs to another owner. Connect as a superuser, or as a login with BYPASSRLS, and name the one that is to run the script with -Login.",
        _ => BeforeForce,
    };

    private static string Text(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "none";

    private static string Describe(RowChanges changes)
    {
        var parts = new[] { (changes.Inserted, "inserted"), (changes.Updated, "updated"), (changes.Deleted, "deleted") }
            .Where(part => part.Item1 > 0)
            .Select(part => $"{Text(part.Item1)} {part.Item2}");
        var text = string.Join(", ", parts);
        return text.Length > 0 ? text : "no row";
    }
}
