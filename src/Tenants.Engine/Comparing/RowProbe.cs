using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Comparing;

/// <summary>
/// Looks whether a table has rows without a tenant. It stops at the first, gives up on a table that takes long, and never takes
/// rows that the login does not see for rows that are not there.
/// </summary>
internal static class RowProbe
{
    // Long enough for a table with an index that leads with the tenant, whatever its size, and for most without.
    private const string Limit = "10s";

    /// <summary>True or false; null where the login may not know, or it took too long.</summary>
    public static async Task<bool?> HasRowsWithoutTenantAsync(
        NpgsqlConnection connection, Installation installation, TableState table, CancellationToken cancellationToken)
    {
        var column = table.Column!;
        if (!await SeesAllAsync(connection, installation, table, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    new NpgsqlBatchCommand($"set local statement_timeout = '{Limit}'"),
                    new NpgsqlBatchCommand($"set local lock_timeout = '2s'"),
                    new NpgsqlBatchCommand($"select exists (select from {table.QuotedName} where {Quote.Identifier(column.Name)} is null)"),
                },
            };
            var found = (bool)(await batch.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
            await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
            return found;
        }
        catch (PostgresException e) when (!cancellationToken.IsCancellationRequested
            && e.SqlState is PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.InsufficientPrivilege)
        {
            await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    // An admin is shown all rows by the policy, if it stands as it must and nothing takes rows away.
    private static async Task<bool> SeesAllAsync(NpgsqlConnection connection, Installation installation, TableState table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select pg_catalog.has_column_privilege($1, $2, 'select') and pg_catalog.has_schema_privilege(c.relnamespace, 'usage'),
                   coalesce((select pg_catalog.pg_has_role(session_user, a.oid, 'usage') from pg_catalog.pg_roles a where a.rolname = $3), false)
            from pg_catalog.pg_class c where c.oid = $1
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = table.Oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid },
                new NpgsqlParameter<string> { TypedValue = table.Column!.Name },
                new NpgsqlParameter<string> { TypedValue = installation.AdminRole },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var (mayRead, isAdmin) = (reader.GetBoolean(0), reader.GetBoolean(1));
        return mayRead && (!table.IsFiltered || (isAdmin
            && table.Policies.All(p => p.IsPermissive)
            && table.Policies.Any(p => p.Name == TenantTables.AdminPolicy && p.Is(installation.AdminRole, PolicyText.AdminDeparsed(installation)))));
    }
}
