namespace Tenants.Engine.Migrations;

/// <summary>What a tool runs at a time: one migration, with its way back.</summary>
/// <param name="Target">The table, or the database, that it is about; for people.</param>
/// <param name="Topic">What it does.</param>
/// <param name="InTransaction">It runs in a transaction; else it is one statement that the server takes outside of any.</param>
/// <param name="Up">The statements, in order.</param>
/// <param name="Down">Those that undo them, in order; none where nothing is to be undone.</param>
internal sealed record MigrationUnit(
    string Target, MigrationTopic Topic, bool InTransaction, IReadOnlyList<MigrationStatement> Up, IReadOnlyList<MigrationStatement> Down)
{
    /// <summary>The tables that readers or writers wait for until its transaction ends, as SQL names them.</summary>
    public IReadOnlySet<string> Blocks { get; init; } = new HashSet<string>();

    /// <summary>What it does with a table's rows, of which there may be many.</summary>
    public RowWork Rows { get; init; }

    /// <summary>Why it is not one with that before it; null where nothing is to be said.</summary>
    public string? Apart { get; init; }
}
