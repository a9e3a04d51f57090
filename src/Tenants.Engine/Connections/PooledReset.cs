using System.Globalization;
using Npgsql;

namespace Tenants.Engine.Connections;

/// <summary>
/// Behind a pooler that lends its backends for a transaction: what was there before is anybody's, and startup options are not
/// passed on. So each transaction begins by cleaning and sets what it needs, and cleans again before it commits.
/// </summary>
/// <param name="schema">The schema in which unqualified names are looked up first.</param>
/// <param name="statementTimeout">The limit for a statement; zero for none.</param>
/// <param name="isReplica">The server is a read-only replica.</param>
internal sealed class PooledReset(string schema, TimeSpan statementTimeout, bool isReplica) : ConnectionReset
{
    // What DISCARD ALL does, by the parts that may stand in a transaction; the locks are let go by a cursor, which gives no result.
    private static readonly string[] s_clean =
    [
        "reset session authorization",
        "reset role",
        "close all",
        "unlisten *",
        "discard temp",
        "discard sequences",
        "deallocate all",
        "reset all",
        "declare tenants_unlock cursor for select pg_catalog.pg_advisory_unlock_all()",
        "move all in tenants_unlock",
        "close tenants_unlock",
    ];

    private readonly string[] _settings =
    [
        $"set local search_path = {StartupOptions.SearchPath(schema)}",
        string.Create(CultureInfo.InvariantCulture, $"set local statement_timeout = {(long)statementTimeout.TotalMilliseconds}"),
        "set local DateStyle = 'ISO'",
        "set local IntervalStyle = 'postgres'",
        "set local standard_conforming_strings = on",
        "set local client_encoding = 'UTF8'",
    ];

    /// <inheritdoc/>
    public override bool EndsEachTransaction => true;

    /// <inheritdoc/>
    public override IEnumerable<NpgsqlBatchCommand> Begin(TenantIsolationLevel? level, bool readOnly) =>
        [new(BeginSql(level, readOnly)), .. s_clean.Select(c => new NpgsqlBatchCommand(c)), .. _settings.Select(c => new NpgsqlBatchCommand(c))];

    /// <inheritdoc/>
    public override IEnumerable<NpgsqlBatchCommand> End() => [.. s_clean.Select(c => new NpgsqlBatchCommand(c)), new(NewSeed), new("commit")];

    // A rollback undoes the cleaning too, so it is done again; in one pipeline, for the pooler lends the backend anew after each.
    /// <inheritdoc/>
    public override string[] Undo() => ["rollback", BeginSql(level: null, readOnly: false), .. s_clean, NewSeed, "commit"];

    // Every mode by name: a default that another client left rules from BEGIN on, before anything can be reset.
    private string BeginSql(TenantIsolationLevel? level, bool readOnly) =>
        $"begin transaction isolation level {Sql(level ?? TenantIsolationLevel.ReadCommitted)}, {(readOnly || isReplica ? "read only" : "read write")}, not deferrable";
}
