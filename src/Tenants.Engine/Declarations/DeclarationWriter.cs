using System.Text;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Declarations;

/// <summary>
/// Writes a declaration as PowerShell data: the same declaration is the same text, what is as it would be anyway is left away, and a
/// table takes one line where that is short, so that a change reads well in a diff.
/// </summary>
public static class DeclarationWriter
{
    private const int LongestLine = 120;

    /// <summary>The text; read back it is the same declaration.</summary>
    /// <param name="declaration">The declaration.</param>
    public static string Write(TenancyDeclaration declaration)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        var text = new StringBuilder("@{\n");
        var entries = new List<(string Key, string Value)>();
        if (declaration.TenantType is { } type)
        {
            entries.Add(("TenantType", Quoted(Isolation.Installation.SqlTypeOf(type))));
        }

        if (declaration.Schema is { } schema)
        {
            entries.Add(("Schema", Quoted(schema)));
        }

        if (declaration.Tables.Count > 0)
        {
            entries.Add(("Tables", List(declaration.Tables.Select(t => Table(t, "        ")), "    ")));
        }

        if (declaration.SharedTables.Count > 0)
        {
            entries.Add(("SharedTables", List(declaration.SharedTables.Select(Shared), "    ")));
        }

        var width = entries.Select(e => e.Key.Length).DefaultIfEmpty().Max();
        foreach (var (key, value) in entries)
        {
            text.Append("    ").Append(key.PadRight(width)).Append(" = ").Append(value).Append('\n');
        }

        return text.Append("}\n").ToString();
    }

    /// <summary>A text in single quotes, in which nothing means anything but the quote, and its typographic sisters, which PowerShell takes for it.</summary>
    internal static string Quoted(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (var c in text)
        {
            quoted.Append(c, c is '\'' or '\u2018' or '\u2019' or '\u201a' or '\u201b' ? 2 : 1);
        }

        return quoted.Append('\'').ToString();
    }

    private static string Table(DeclaredTable table, string indent)
    {
        var entries = new List<string> { $"Table = {Quoted(table.Table)}" };
        Add(entries, "Column", table.Column);
        Add(entries, "Type", table.Type);
        if (!table.Rights.SequenceEqual(EnableRequest.AllRights))
        {
            entries.Add($"Rights = {(table.Rights.Count == 0 ? "'none'" : Quoted(table.Rights))}");
        }

        Add(entries, "DefaultTenant", table.DefaultTenant);
        Add(entries, "Backfill", table.Backfill);
        if (table.Policies.Count > 0)
        {
            entries.Add($"Policies = {List(table.Policies.Select(Policy), indent + "    ")}");
        }

        return entries.Count == 1 ? Quoted(table.Table) : Map(entries, indent);
    }

    private static string Shared(DeclaredSharedTable table) =>
        table.Writable ? $"@{{ Table = {Quoted(table.Table)}; Writable = $true }}" : Quoted(table.Table);

    private static string Policy(PolicyRequest policy)
    {
        var entries = new List<string> { $"Name = {Quoted(policy.Name)}" };
        if (policy.Kind != TenantPolicyKind.Restrictive)
        {
            entries.Add($"Kind = {Quoted(policy.Kind.ToString())}");
        }

        if (policy.Command != TenantPolicyCommand.All)
        {
            entries.Add($"Command = {Quoted(policy.Command.ToString())}");
        }

        if (!policy.IsForAll)
        {
            entries.Add($"Role = {Quoted(policy.Roles)}");
        }

        Add(entries, "Using", policy.Using);
        Add(entries, "Check", policy.Check);
        return Map(entries, "                ");
    }

    private static void Add(List<string> entries, string key, string? value)
    {
        if (value is not null)
        {
            entries.Add($"{key} = {Quoted(value)}");
        }
    }

    private static string Quoted(IEnumerable<string> texts) => string.Join(", ", texts.Select(Quoted));

    private static string Map(List<string> entries, string indent)
    {
        var line = $"@{{ {string.Join("; ", entries)} }}";
        return indent.Length + line.Length <= LongestLine && !line.Contains('\n', StringComparison.Ordinal)
            ? line
            : $"@{{\n{string.Concat(entries.Select(e => $"{indent}    {e}\n"))}{indent}}}";
    }

    private static string List(IEnumerable<string> items, string indent) =>
        $"@(\n{string.Concat(items.Select(i => $"{indent}    {i}\n"))}{indent})";
}
