using Npgsql;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Scripts;

/// <summary>
/// As the connected admin, with all rows of his own tables in sight: FORCE is off on them while the transaction lasts, which locks them for
/// everybody else. An admin with BYPASSRLS needs none of that.
/// </summary>
/// <param name="bypassesRls">The admin has BYPASSRLS.</param>
internal sealed class OwnerSight(bool bypassesRls) : ISight
{
    private const string Forced = """
        select n.nspname::text, c.relname::text
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relforcerowsecurity and c.relkind in ('r', 'p') and pg_catalog.pg_has_role(current_user, c.relowner, 'USAGE')
        order by 1, 2
        """;

    /// <inheritdoc/>
    public string? Return => null;

    /// <inheritdoc/>
    public bool DemandsAllRows => true;

    /// <inheritdoc/>
    public Task EnterAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => RenewAsync(connection, cancellationToken);

    /// <inheritdoc/>
    public async Task RenewAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (bypassesRls)
        {
            return;
        }

        foreach (var (schema, table) in await ReadForcedAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                await ScriptSession.ExecuteAsync(connection, $"alter table {Quote.Identifier(schema, table)} no force row level security", cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                throw new TenantException(
                    "TableBusy",
                    TenantErrorKind.Timeout,
                    $"The table {Catalog.TableName.Format(schema, table)} is in use, and for the run with all rows in sight its FORCE must be off for a while: its lock was not to be had in {ScriptSession.LockPatience.TotalSeconds:0} s. Test the script on a staging copy, or connect as a superuser or a login with BYPASSRLS, which locks nothing.")
                {
                    Table = Catalog.TableName.Format(schema, table),
                    SqlState = e.SqlState,
                };
            }
        }
    }

    private static async Task<List<(string Schema, string Table)>> ReadForcedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var forced = new List<(string, string)>();
        await using var command = new NpgsqlCommand(Forced, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            forced.Add((reader.GetString(0), reader.GetString(1)));
        }

        return forced;
    }
}
