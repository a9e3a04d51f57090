using Npgsql;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Catalog;

/// <summary>What the rows of a table say about its tenants.</summary>
/// <param name="HasRows">There is a row at all; asked only where the table has no tenant column.</param>
/// <param name="Nulls">How many have no tenant.</param>
/// <param name="Unfit">How many hold what cannot be a tenant's identifier.</param>
/// <param name="Strangers">Tenants of rows that the registry does not know; a few.</param>
internal sealed record RowFacts(bool HasRows, long Nulls, long Unfit, IReadOnlyList<string> Strangers)
{
    /// <summary>How many strangers are read at most.</summary>
    public const int MostStrangers = 11;

    /// <summary>No row, or nobody looked.</summary>
    public static readonly RowFacts None = new(false, 0, 0, []);

    /// <summary>Reads them, in a transaction that is rolled back.</summary>
    /// <param name="connection">A connection that is in no transaction.</param>
    /// <param name="table">The table.</param>
    /// <param name="installation">What lies in the database, or will.</param>
    /// <param name="isInstalled">It does already, so that there is a registry to ask.</param>
    /// <param name="isLive">The table is in use, so no strong lock is taken: what the policies hide from the admin is an error then.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<RowFacts> ReadAsync(
        NpgsqlConnection connection, TableState table, Installation installation, bool isInstalled, bool isLive, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(connection, "set local statement_timeout = 0", cancellationToken).ConfigureAwait(false);
        if (isLive)
        {
            table.EnsureAllRowsSeen(installation);
        }
        else if (table is { IsFiltered: true, IsForced: true })
        {
            // Whoever enforced it, the owner counts all rows. It ends with the transaction, and nobody else sees it.
            await ExecuteAsync(connection, "set local lock_timeout = '10s'", cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(connection, $"alter table {table.QuotedName} no force row level security", cancellationToken).ConfigureAwait(false);
        }

        // An error rather than rows that are passed over unseen.
        if (!isLive || !table.IsFiltered)
        {
            await ExecuteAsync(connection, "set local row_security = off", cancellationToken).ConfigureAwait(false);
        }

        var facts = table.Column is { } column
            ? await ReadAsync(connection, table, column, installation, isInstalled, cancellationToken).ConfigureAwait(false)
            : None with { HasRows = (bool)(await ScalarAsync(connection, $"select exists (select from {table.QuotedName})", cancellationToken).ConfigureAwait(false))! };
        await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
        return facts;
    }

    private static async Task<RowFacts> ReadAsync(
        NpgsqlConnection connection, TableState table, TenantColumn column, Installation installation, bool isInstalled, CancellationToken cancellationToken)
    {
        var quoted = Quote.Identifier(column.Name);
        long nulls = 0;
        long unfit = 0;
        var condition = ColumnCheck.UnfitCondition(column, installation.TenantType);
        if (!column.IsNotNull || condition is not null)
        {
            await using var count = new NpgsqlCommand(
                $"""
                select pg_catalog.count(*) filter (where {quoted} is null), pg_catalog.count(*) filter (where {quoted} is not null and ({condition ?? "false"}))
                from {table.QuotedName}
                """,
                connection);
            await using var reader = await count.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            (nulls, unfit) = (reader.GetInt64(0), reader.GetInt64(1));
        }

        var unknown = isInstalled
            ? $"and not exists (select from {installation.QuotedSchema}.tenant r where r.id = t.{quoted}::text collate \"C\")"
            : "";
        await using var strangers = new NpgsqlCommand(
            $"select distinct t.{quoted}::text collate \"C\" from {table.QuotedName} t where t.{quoted} is not null {unknown} limit {MostStrangers}", connection);
        await using var names = await strangers.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var list = new List<string>();
        while (await names.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            list.Add(names.GetString(0));
        }

        return new RowFacts(false, nulls, unfit, [.. list.Order(StringComparer.Ordinal)]);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
    }
}
