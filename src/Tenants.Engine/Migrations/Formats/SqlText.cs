using System.Text;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Migrations.Formats;

/// <summary>A migration as text that other tools than this module run.</summary>
internal static class SqlText
{
    /// <summary>No name is looked up by the path of whoever runs it.</summary>
    public const string PinPath = "set local search_path = pg_catalog, pg_temp";

    // The tool writes its own table in the same transaction, by the path that it had.
    private static readonly string s_keepPath = $"do {Quote.Dollar("begin perform pg_catalog.set_config('tenants.search_path', pg_catalog.current_setting('search_path'), true); end")}";
    private static readonly string s_restorePath = $"do {Quote.Dollar("begin perform pg_catalog.set_config('search_path', pg_catalog.current_setting('tenants.search_path'), true); end")}";

    /// <summary>The lines that say what it is, without the marks of a comment.</summary>
    public static IEnumerable<string> Header(MigrationName name, int index, IReadOnlyList<MigrationUnit> units, bool isDown = false)
    {
        var unit = units[index];
        var part = units.Count == 1 ? "" : $", {index + 1} of {units.Count}";
        yield return MigrationUnits.OneLine($"{name}{part}{(isDown ? ", the way back" : "")}: {unit.Topic.Text}.");
        yield return MigrationUnits.OneLine($"For {unit.Target}; written by New-TenantMigration of the PowerShell module Tenants.");
        if (unit.Apart is { Length: > 0 } reason)
        {
            yield return $"A file of its own, for {reason}";
        }

        if (!unit.InTransaction)
        {
            yield return "It runs outside of a transaction, and blocks nobody. Where it is cut off it leaves an invalid index: drop that, and run it again.";
        }
    }

    /// <summary>The statements of one transaction that the tool begins and ends.</summary>
    public static IEnumerable<MigrationStatement> InToolsTransaction(MigrationUnit unit, IReadOnlyList<MigrationStatement> statements) => statements.Count == 0
        ? []
        : [
            new MigrationStatement("the tool's own table is found by this path", s_keepPath),
            .. Opening(unit),
            .. statements,
            new MigrationStatement("back to the tool's path", s_restorePath),
        ];

    /// <summary>The statements of one transaction, with what begins and ends it.</summary>
    public static IEnumerable<MigrationStatement> InOwnTransaction(MigrationUnit unit, IReadOnlyList<MigrationStatement> statements) => statements.Count == 0
        ? []
        : [new MigrationStatement("", "begin"), .. Opening(unit), .. statements, new MigrationStatement("", "commit")];

    /// <summary>Comments as SQL writes them.</summary>
    public static string Comments(IEnumerable<string> lines) => string.Concat(lines.Select(l => $"-- {l}\n"));

    /// <summary>Statements as SQL writes them.</summary>
    public static string Statements(IEnumerable<MigrationStatement> statements)
    {
        var text = new StringBuilder();
        var isFirst = true;
        foreach (var statement in statements)
        {
            if (statement.Purpose.Length > 0)
            {
                text.Append(isFirst ? "" : "\n").Append("-- ").Append(statement.Purpose).Append('\n');
            }

            isFirst = false;
            text.Append(SquawkNotes.For(statement.Sql)).Append(statement.Sql).Append(";\n");
        }

        return text.ToString();
    }

    private static IEnumerable<MigrationStatement> Opening(MigrationUnit unit) =>
        [new("", PinPath), .. UnitLimits.Of(unit.Blocks.Count > 0).Select(l => new MigrationStatement("", l))];
}
