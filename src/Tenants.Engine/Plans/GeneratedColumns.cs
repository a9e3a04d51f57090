using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Catalog;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>
/// The row that a trigger gives to an expression. The server computes generated columns after the BEFORE triggers
/// (https://www.postgresql.org/docs/current/ddl-generated-columns.html), so that an expression which reads them there reads NULL; a
/// trigger has to compute them by itself.
/// </summary>
internal static class GeneratedColumns
{
    // A row that is read as a whole is recorded as no column's dependency: only the rule itself tells it. What a generated column is
    // computed from depends on the column up to version 14, on its default since.
    private const string Used = """
        with recursive family(oid) as (
            select $2::oid
            union
            select h.inhrelid from family f join pg_catalog.pg_inherits h on h.inhparent = f.oid),
        rule as (
            select r.oid, r.ev_action::text ~ ':varattno 0 ' as is_whole from pg_catalog.pg_rewrite r where r.ev_class = $1::pg_catalog.regclass),
        named(attnum) as (
            select x.refobjsubid
            from pg_catalog.pg_depend x join rule r on x.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = x.objid
            where x.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and x.refobjid = $2 and x.refobjsubid > 0),
        under(attnum) as (
            select x.refobjsubid
            from named u
            join pg_catalog.pg_attribute g on g.attrelid = $2 and g.attnum = u.attnum and g.attgenerated <> ''
            left join pg_catalog.pg_attrdef d on d.adrelid = g.attrelid and d.adnum = g.attnum
            join pg_catalog.pg_depend x
              on (x.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and x.objid = d.oid)
              or (x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and x.objid = $2 and x.objsubid = g.attnum)
            where x.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and x.refobjid = $2 and x.refobjsubid > 0)
        select a.attname::text,
               r.is_whole,
               r.is_whole or a.attnum in (select attnum from named),
               a.attgenerated <> '',
               case when a.attgenerated <> '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
               (select pg_catalog.min(o.attrelid::pg_catalog.regclass::text)
                from family f
                join pg_catalog.pg_attribute o on o.attrelid = f.oid and o.attname = a.attname and not o.attisdropped
                left join pg_catalog.pg_attrdef e on e.adrelid = o.attrelid and e.adnum = o.attnum
                where (o.attgenerated <> '' or a.attgenerated <> '')
                  and (o.attgenerated is distinct from a.attgenerated
                       or pg_catalog.pg_get_expr(e.adbin, e.adrelid) is distinct from pg_catalog.pg_get_expr(d.adbin, d.adrelid))),
               a.attnum in (select attnum from under)
        from rule r
        cross join pg_catalog.pg_attribute a
        left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = $2 and a.attnum > 0 and not a.attisdropped
        order by a.attnum
        """;

    /// <summary>The query that gives a trigger the row which the expression reads, the generated columns that it computes, and the condition that what is read was changed.</summary>
    /// <param name="connection">In the transaction that has the view, with nothing but <c>pg_catalog</c> on its path.</param>
    /// <param name="view">The view that holds the expression.</param>
    /// <param name="table">The table whose rows it fills in.</param>
    /// <param name="tenant">The tenant column, which no change counts of.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>BackfillInvalid</c>: a partition or child computes one of them in another way.</exception>
    public static async Task<(string NewRow, IReadOnlyList<string> Computed, string? Changed)> ReadAsync(
        NpgsqlConnection connection, string view, TableState table, string tenant, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Used, connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = view }, new NpgsqlParameter { Value = table.Oid, NpgsqlDbType = NpgsqlDbType.Oid } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var columns = new List<string>();
        var computed = new List<string>();
        var compared = new List<string>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var name = Quote.Identifier(reader.GetString(0));
            var (isRead, isGenerated) = (reader.GetBoolean(2), reader.GetBoolean(3));
            if (isRead && !reader.IsDBNull(5))
            {
                throw new TenantException(
                    "BackfillInvalid",
                    TenantErrorKind.NotSupported,
                    $"What -Backfill holds reads {name} of {table.DisplayName}, which {reader.GetString(5)} computes in another way than that table: no trigger can tell what it will be. Write the expression over columns that are not generated.")
                {
                    Table = table.DisplayName,
                    Target = table.DisplayName,
                };
            }

            if (isRead && isGenerated)
            {
                computed.Add(reader.GetString(4));
                columns.Add($"({reader.GetString(4)}) as {name}");
            }
            else
            {
                columns.Add($"n.{name}");
            }

            if (!isGenerated && (isRead || reader.GetBoolean(6)) && reader.GetString(0) != tenant)
            {
                compared.Add(name);
            }
        }

        return (
            computed.Count == 0 ? RowExpression.AsItIs : $"select {string.Join(", ", columns)} from ({RowExpression.AsItIs}) n",
            computed,
            compared.Count == 0 ? null : $"{Row("old", compared)} operator(pg_catalog.*<>) {Row("new", compared)}");
    }

    // Compared as they are stored: json has no equality. As records, for of two rows the server would compare column by column.
    private static string Row(string from, IEnumerable<string> columns) => $"row({string.Join(", ", columns.Select(c => $"{from}.{c}"))})::pg_catalog.record";
}
