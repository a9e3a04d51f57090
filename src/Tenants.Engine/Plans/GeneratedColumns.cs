using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Catalog;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>
/// The generated columns that an expression reads. The server computes them after the BEFORE triggers
/// (https://www.postgresql.org/docs/current/ddl-generated-columns.html), so that one which reads them there reads NULL; a trigger
/// has to compute them by itself.
/// </summary>
internal static class GeneratedColumns
{
    private const string Used = """
        with recursive family(oid) as (
            select $2::oid
            union
            select h.inhrelid from family f join pg_catalog.pg_inherits h on h.inhparent = f.oid)
        select a.attname::text,
               case when a.attgenerated <> '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
               (select pg_catalog.min(o.attrelid::pg_catalog.regclass::text)
                from family f
                join pg_catalog.pg_attribute o on o.attrelid = f.oid and o.attname = a.attname and not o.attisdropped
                left join pg_catalog.pg_attrdef e on e.adrelid = o.attrelid and e.adnum = o.attnum
                where (o.attgenerated <> '' or a.attgenerated <> '')
                  and (o.attgenerated is distinct from a.attgenerated
                       or pg_catalog.pg_get_expr(e.adbin, e.adrelid) is distinct from pg_catalog.pg_get_expr(d.adbin, d.adrelid)))
        from pg_catalog.pg_attribute a
        left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = $2 and a.attnum in (
            select x.refobjsubid
            from pg_catalog.pg_depend x
            join pg_catalog.pg_rewrite r on x.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = x.objid
            where r.ev_class = $1::pg_catalog.regclass and x.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and x.refobjid = $2 and x.refobjsubid > 0)
        order by a.attnum
        """;

    /// <summary>The query that gives a trigger the row which the expression reads, and whether it computes any of its columns.</summary>
    /// <param name="connection">In the transaction that has the view, with nothing but <c>pg_catalog</c> on its path.</param>
    /// <param name="view">The view that holds the expression.</param>
    /// <param name="table">The table whose rows it fills in.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>BackfillInvalid</c>: a partition or child computes one of them in another way.</exception>
    public static async Task<(string NewRow, IReadOnlyList<string> Computed)> ReadAsync(
        NpgsqlConnection connection, string view, TableState table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Used, connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = view }, new NpgsqlParameter { Value = table.Oid, NpgsqlDbType = NpgsqlDbType.Oid } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var columns = new List<string>();
        var computed = new List<string>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var name = Quote.Identifier(reader.GetString(0));
            if (!reader.IsDBNull(2))
            {
                throw new TenantException(
                    "BackfillInvalid",
                    TenantErrorKind.NotSupported,
                    $"What -Backfill holds reads {name} of {table.DisplayName}, which {reader.GetString(2)} computes in another way than that table: no trigger can tell what it will be. Write the expression over columns that are not generated.")
                {
                    Table = table.DisplayName,
                    Target = table.DisplayName,
                };
            }

            if (reader.IsDBNull(1))
            {
                columns.Add($"n.{name}");
                continue;
            }

            columns.Add($"({reader.GetString(1)}) as {name}");
            computed.Add(reader.GetString(1));
        }

        return (computed.Count == 0 ? RowExpression.AsItIs : $"select {string.Join(", ", columns)} from ({RowExpression.AsItIs}) n", computed);
    }
}
