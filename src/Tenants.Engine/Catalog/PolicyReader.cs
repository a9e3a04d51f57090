using Npgsql;
using Tenants.Engine.Connections;

namespace Tenants.Engine.Catalog;

/// <summary>Reads the policies that stand in the database.</summary>
public static class PolicyReader
{
    private const string Query = """
        select n.nspname::text, c.relname::text, p.polname::text, p.polpermissive, p.polcmd,
               array(select case when o = 0 then 'PUBLIC' else (select r.rolname::text from pg_catalog.pg_roles r where r.oid = o) end
                     from pg_catalog.unnest(p.polroles) o order by 1),
               pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
        from pg_catalog.pg_policy p
        join pg_catalog.pg_class c on c.oid = p.polrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where ($1::pg_catalog.oid[] is null or p.polrelid = any ($1))
        order by n.nspname, c.relname, p.polname
        """;

    /// <summary>The policies of some tables, or of all, by table and name.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tables">The tables; null for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static Task<IReadOnlyList<TenantPolicy>> ReadAsync(
        TenantDatabase database, IEnumerable<TableInfo>? tables, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        return database.UseAsync(c => ReadAsync(c, tables?.Select(t => t.Oid).ToArray(), cancellationToken), cancellationToken);
    }

    /// <summary>The policies of some tables, or of all, by table and name.</summary>
    /// <param name="connection">A connection that is in no transaction.</param>
    /// <param name="tables">The tables' OIDs; null for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal static async Task<IReadOnlyList<TenantPolicy>> ReadAsync(NpgsqlConnection connection, uint[]? tables, CancellationToken cancellationToken)
    {
        // The path rules how expressions are written out; it ends with the batch.
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)"),
                new NpgsqlBatchCommand(Query)
                {
                    Parameters =
                    {
                        new NpgsqlParameter { Value = tables ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Oid },
                    },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var policies = new List<TenantPolicy>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            policies.Add(new TenantPolicy
            {
                Table = TableName.Format(reader.GetString(0), reader.GetString(1)),
                Name = reader.GetString(2),
                Kind = reader.GetBoolean(3) ? TenantPolicyKind.Permissive : TenantPolicyKind.Restrictive,
                Command = reader.GetChar(4) switch
                {
                    'r' => TenantPolicyCommand.Select,
                    'a' => TenantPolicyCommand.Insert,
                    'w' => TenantPolicyCommand.Update,
                    'd' => TenantPolicyCommand.Delete,
                    _ => TenantPolicyCommand.All,
                },
                Role = reader.GetFieldValue<string[]>(5),
                Using = reader.IsDBNull(6) ? null : reader.GetString(6),
                Check = reader.IsDBNull(7) ? null : reader.GetString(7),
                IsOwn = reader.GetString(2) is TenantTables.IsolationPolicy or TenantTables.AdminPolicy,
            });
        }

        return policies;
    }
}
