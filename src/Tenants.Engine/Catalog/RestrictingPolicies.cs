using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Catalog;

/// <summary>Finds the restrictive policies of a table that bind the login and may take rows away from an admin.</summary>
internal static class RestrictingPolicies
{
    // Those for what is read or deleted; a policy of another role's binds nobody else.
    private const string Query = """
        select p.polname::text, p.polcmd, pg_catalog.pg_get_expr(p.polqual, p.polrelid)
        from pg_catalog.pg_policy p
        where p.polrelid = $1 and not p.polpermissive and p.polcmd in ('*', 'r', 'd') and p.polqual is not null
          and pg_catalog.row_security_active(p.polrelid)
          and exists (select from pg_catalog.unnest(p.polroles) r where r = 0 or pg_catalog.pg_has_role(r, 'usage'))
        order by p.polname
        """;

    /// <summary>The first of them; null where the admin passes all.</summary>
    /// <param name="connection">The connection; it may stand in a transaction, whose path stays what it was.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="table">The table's OID.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<TablePolicy?> FindAsync(NpgsqlConnection connection, Installation installation, uint table, CancellationToken cancellationToken)
    {
        await using var asking = new NpgsqlCommand("select pg_catalog.current_setting('search_path')", connection);
        var path = (string)(await asking.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;

        // The path rules how expressions are written out.
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Path("pg_catalog, pg_temp"), Policies(table), Path(path) } };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var admin = PolicyText.AdminDeparsed(installation);
        TablePolicy? found = null;
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var policy = new TablePolicy(reader.GetString(0), false, reader.GetChar(1), [], reader.GetString(2), null);
            found ??= policy.LetsPass(admin) ? null : policy;
        }

        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return found;
    }

    private static NpgsqlBatchCommand Path(string path) =>
        new("select pg_catalog.set_config('search_path', $1, true)") { Parameters = { new NpgsqlParameter<string> { TypedValue = path } } };

    private static NpgsqlBatchCommand Policies(uint table) => new(Query) { Parameters = { new NpgsqlParameter { Value = table, NpgsqlDbType = NpgsqlDbType.Oid } } };
}
