using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Tenants;

/// <summary>The rows of tenants, as the admin sees them.</summary>
internal static class TenantData
{
    /// <summary>The tenant tables that are nobody's child: what they hold, their children hold.</summary>
    public static async Task<IReadOnlyList<TenantTable>> TablesAsync(
        NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        var tables = await TenantTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        foreach (var table in tables)
        {
            await CheckViewAsync(connection, installation, table, cancellationToken).ConfigureAwait(false);
        }

        return [.. tables.Where(t => !t.IsChild)];
    }

    /// <summary>How many rows of a tenant each table holds; tables without any are left out.</summary>
    public static async Task<IReadOnlyList<TenantRowCount>> CountAsync(
        NpgsqlConnection connection, Installation installation, TenantId tenant, CancellationToken cancellationToken)
    {
        var counts = new List<TenantRowCount>();
        foreach (var table in await TablesAsync(connection, installation, cancellationToken).ConfigureAwait(false))
        {
            await using var command = new NpgsqlCommand($"select pg_catalog.count(*) from {table.QuotedName} where {IsTenant(installation, table)}", connection)
            {
                Parameters = { new NpgsqlParameter<string> { TypedValue = tenant.Value } },
            };
            if ((long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))! is > 0 and var rows)
            {
                counts.Add(new TenantRowCount(table.DisplayName, rows));
            }
        }

        return counts;
    }

    /// <summary>Those of the tenants that a table already holds rows of, with the first such table.</summary>
    public static async Task<Dictionary<string, string>> FindAsync(
        NpgsqlConnection connection, Installation installation, string[] tenants, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in await TablesAsync(connection, installation, cancellationToken).ConfigureAwait(false))
        {
            // One probe of the index for each tenant, whatever the table holds.
            await using var command = new NpgsqlCommand(
                $"""
                select t.id from pg_catalog.unnest($1::text[]) t(id)
                where exists (select from {table.QuotedName} r where r.{table.QuotedColumn} operator(pg_catalog.=) t.id::{installation.SqlType})
                """,
                connection)
            {
                Parameters = { new NpgsqlParameter<string[]> { TypedValue = tenants } },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                found.TryAdd(reader.GetString(0), table.DisplayName);
            }
        }

        return found;
    }

    /// <summary>The condition for one tenant's rows; the tenant is the parameter <c>$1</c>, text.</summary>
    public static string IsTenant(Installation installation, TenantTable table) =>
        $"{table.QuotedColumn} operator(pg_catalog.=) ($1::text)::{installation.SqlType}";

    // Under row security a count of zero may mean that nothing was shown. The login must pass the admin's policy, that policy
    // must be there and say what this module made it say, and no restrictive one may take rows away.
    private static async Task CheckViewAsync(
        NpgsqlConnection connection, Installation installation, TenantTable table, CancellationToken cancellationToken)
    {
        if (await HasViewAsync(connection, installation, table, cancellationToken).ConfigureAwait(false))
        {
            if (await RestrictingPolicies.FindAsync(connection, installation, table.Oid, cancellationToken).ConfigureAwait(false) is { } policy)
            {
                throw Missing(
                    table,
                    $"its restrictive policy '{policy.Name}' takes rows away from the admin too. Let the admin pass: alter policy {Quote.Identifier(policy.Name)} on {table.QuotedName} using ({policy.Using} or {AdminPass.Text(installation)})");
            }

            return;
        }

        throw Missing(table, $"its policy '{TenantTables.AdminPolicy}' is missing. Get-TenantRls shows what is missing, and Enable-TenantRls -Table {Quote.Identifier(table.Schema, table.Name)} mends it.");
    }

    private static async Task<bool> HasViewAsync(NpgsqlConnection connection, Installation installation, TenantTable table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select not pg_catalog.row_security_active($1::oid)
                or (exists (select from pg_catalog.pg_policy p where p.polrelid = $1::oid and p.polname = $2 and p.polpermissive and p.polcmd = '*'
                            and (select oid from pg_catalog.pg_roles where rolname = $3) = any (p.polroles))
                    and coalesce(pg_catalog.current_setting('tenants.context', true), '') = '')
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = table.Oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid },
                new NpgsqlParameter<string> { TypedValue = TenantTables.AdminPolicy },
                new NpgsqlParameter<string> { TypedValue = installation.AdminRole },
            },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    private static TenantException Missing(TenantTable table, string why) => new(
        "AdminViewMissing",
        TenantErrorKind.InvalidState,
        $"The admin does not surely see all rows of {table.DisplayName}: {why}")
    {
        Table = table.DisplayName,
    };
}
