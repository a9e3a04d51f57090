using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;

namespace Tenants.Engine.Measuring;

/// <summary>What lets the admin's run go without row security: nothing for a superuser or BYPASSRLS; else the owner's tables go without FORCE until the run is rolled back.</summary>
internal static class AdminSight
{
    /// <summary>The statements that come before the run.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tables">The tenant tables that it reads.</param>
    /// <param name="allowLock">The tables may be locked for it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>LockNeeded</c>; <c>PermissionDenied</c>: he is not the owner.</exception>
    public static async Task<IReadOnlyList<string>> OpenAsync(TenantDatabase database, IReadOnlyList<TenantTable> tables, bool allowLock, CancellationToken cancellationToken)
    {
        if (database.Facts.IsSuperuser || database.Facts.BypassesRls || tables.Count == 0)
        {
            return [];
        }

        var names = string.Join(", ", tables.Select(t => t.DisplayName));
        if (!allowLock)
        {
            throw new TenantException(
                "LockNeeded",
                TenantErrorKind.InvalidState,
                $"'{database.UserName}' is bound by the policies himself. To run the query without them, {names} must go without FORCE for as long as it takes, and nobody else can read or write it meanwhile (ACCESS EXCLUSIVE, rolled back after each run). Give -AllowLock where that does no harm, on a staging copy say, or connect as a superuser or a login with BYPASSRLS, which locks nothing.");
        }

        await database.UseAsync(connection => CheckOwnerAsync(connection, database, tables, cancellationToken), cancellationToken).ConfigureAwait(false);
        return ["set local lock_timeout = '2s'", .. tables.Select(t => $"alter table {t.QuotedName} no force row level security"), "set transaction read only"];
    }

    private static async Task CheckOwnerAsync(NpgsqlConnection connection, TenantDatabase database, IReadOnlyList<TenantTable> tables, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select c.oid::pg_catalog.regclass::text from pg_catalog.pg_class c where c.oid = any($1) and not pg_catalog.pg_has_role(current_user, c.relowner, 'USAGE')", connection)
        {
            Parameters = { new NpgsqlParameter { Value = tables.Select(t => t.Oid).ToArray(), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Oid } },
        };
        if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is string table)
        {
            throw new TenantException(
                "PermissionDenied",
                TenantErrorKind.PermissionDenied,
                $"'{database.UserName}' does not own {table}, and cannot lift its row security. Connect as its owner, a superuser or a login with BYPASSRLS.")
            {
                Table = table,
            };
        }
    }
}
