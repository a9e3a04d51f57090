using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Rollouts;

/// <summary>
/// What a plan for a table took for granted of rollouts: what they had left there. A plan is made, shown and confirmed before it runs,
/// and another run may begin or end in between; what that leaves the plan would not know of.
/// </summary>
/// <param name="Table">The table's OID.</param>
/// <param name="DisplayName">The table, for people.</param>
/// <param name="Query">What reads the traces.</param>
/// <param name="Traces">The traces as the plan saw them.</param>
internal sealed record RolloutGuard(uint Table, string DisplayName, string Query, string Traces)
{
    /// <summary>Reads it.</summary>
    public static async Task<RolloutGuard> ReadAsync(NpgsqlConnection connection, Installation? installation, TableState root, CancellationToken cancellationToken)
    {
        // A database that an earlier version made has no such table.
        var states = installation is null || installation.Version < Installation.CurrentVersion
            ? ""
            : $"union all select r.member::text || ' ' || r.xmin::text from {installation.QuotedSchema}.rollout r where r.root = $1";
        var query = $"""
            with recursive family(oid) as (
                select $1::oid
                union
                select h.inhrelid from family f join pg_catalog.pg_inherits h on h.inhparent = f.oid)
            select coalesce(pg_catalog.string_agg(x.trace, ', ' order by x.trace), '')
            from (select t.oid::text as trace from pg_catalog.pg_trigger t join family f on f.oid = t.tgrelid where t.tgname = $2
                  {states}) x
            """;
        return new RolloutGuard(root.Oid, root.DisplayName, query, await TracesAsync(connection, root.Oid, query, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Makes sure that no other run is at work on the table until the connection's transaction ends, and that none was since the plan was made.</summary>
    /// <exception cref="TenantException"><c>RolloutRunning</c>, <c>TableChanged</c>.</exception>
    public async Task TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await RolloutLock.TakeAsync(connection, Table, DisplayName, isTransactions: true, cancellationToken).ConfigureAwait(false);
        await EnsureSameAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Fails where another run was at work since the plan was made.</summary>
    /// <exception cref="TenantException"><c>TableChanged</c>.</exception>
    public async Task EnsureSameAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await TracesAsync(connection, Table, Query, cancellationToken).ConfigureAwait(false) != Traces)
        {
            throw new TenantException(
                TableChanged, TenantErrorKind.InvalidState, $"Another run was at work on {DisplayName} since this one was planned, and nothing was changed. Run it again: what is missing now is planned anew.")
            {
                Table = DisplayName,
                Target = DisplayName,
            };
        }
    }

    /// <summary>The error after which one plans anew.</summary>
    public const string TableChanged = "TableChanged";

    private static async Task<string> TracesAsync(NpgsqlConnection connection, uint table, string query, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(query, connection)
        {
            Parameters = { new NpgsqlParameter { Value = table, NpgsqlDbType = NpgsqlDbType.Oid }, new NpgsqlParameter { Value = FillTrigger.Name, NpgsqlDbType = NpgsqlDbType.Name } },
        };
        return (string)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }
}
