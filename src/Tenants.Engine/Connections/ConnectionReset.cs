using Npgsql;

namespace Tenants.Engine.Connections;

/// <summary>How a connection is brought back to what it was when it was opened, so that nothing that one tenant leaves there reaches the next.</summary>
internal abstract class ConnectionReset
{
    /// <summary>True if a connection is closed after use, not lent again.</summary>
    /// <param name="connection">The connection, cleaned.</param>
    public virtual bool Closes(NpgsqlConnection connection) => false;

    /// <summary>True where nothing outlives a transaction: a session's too are cleaned at their end.</summary>
    public virtual bool EndsEachTransaction => false;

    /// <summary>The commands that begin a transaction, with all that comes before its first statement. They give no result.</summary>
    /// <param name="level">How much it sees of others; null for the default.</param>
    /// <param name="readOnly">It may not write.</param>
    public virtual IEnumerable<NpgsqlBatchCommand> Begin(TenantIsolationLevel? level, bool readOnly) =>
        [new($"begin transaction{(level is { } wanted ? $" isolation level {Sql(wanted)}" : "")}{(readOnly ? " read only" : "")}")];

    /// <summary>The commands that commit and clean, in one pipeline. They give no result.</summary>
    public abstract IEnumerable<NpgsqlBatchCommand> End();

    /// <summary>The statements that undo and clean, each by itself.</summary>
    public abstract string[] Undo();

    /// <summary>A level as SQL names it.</summary>
    protected static string Sql(TenantIsolationLevel level) => level switch
    {
        TenantIsolationLevel.RepeatableRead => "repeatable read",
        TenantIsolationLevel.Serializable => "serializable",
        _ => "read committed",
    };

    /// <summary>
    /// Gives random() a seed that nobody knows, which nothing else resets: a tenant that set it would know what the next one draws.
    /// The server draws it, for what is sent stands in <c>pg_stat_activity</c>, where other sessions of a shared login read it.
    /// </summary>
    protected const string NewSeed = $"do $$begin {DrawSeed} end$$";

    /// <summary>That, as part of a block.</summary>
    protected const string DrawSeed =
        "perform pg_catalog.setseed(pg_catalog.hashtextextended(pg_catalog.gen_random_uuid()::pg_catalog.text, 0) / 9223372036854775808.0);";
}
