namespace Tenants.Engine.Migrations.Formats;

/// <summary>What the linter squawk objects to, answered at that line: why it is so, and that it is meant.</summary>
internal static class SquawkNotes
{
    private static readonly (string Begins, string Holds, string Why, string Rules)[] s_notes =
    [
        ("create index concurrently", "", "A time limit would leave an invalid index, and IF NOT EXISTS would take one for good.",
            "prefer-robust-stmts, require-lock-timeout, require-statement-timeout, ban-concurrent-index-creation-in-transaction"),
        ("drop index concurrently", "", "A time limit would leave an invalid index.", "require-lock-timeout, require-statement-timeout, ban-concurrent-index-creation-in-transaction"),
        ("create index", "", "The partitions have theirs by now, so this one has nothing to build.", "require-concurrent-index-creation"),
        ("drop index", "", "The server drops no index of a partitioned table concurrently.", "require-concurrent-index-deletion"),
        ("alter table", " set not null", "A constraint that was validated says so already: no row is read.", "adding-not-nullable-field"),
        ("alter table", " drop not null", "The way back.", "ban-drop-not-null"),
        ("alter table", " drop column ", "The way back: the migration that is undone added it.", "ban-drop-column"),
    ];

    /// <summary>The comment lines that go before a statement.</summary>
    public static string For(string sql)
    {
        var note = s_notes.FirstOrDefault(n => sql.StartsWith(n.Begins, StringComparison.Ordinal) && sql.Contains(n.Holds, StringComparison.Ordinal));
        return note.Rules is null ? "" : $"-- {note.Why}\n-- squawk-ignore {note.Rules}\n";
    }
}
