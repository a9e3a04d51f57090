using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Catalog;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Measuring;

/// <summary>What the catalog says of a table whose rows a plan reads.</summary>
/// <param name="Table">The table.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Indexes">Its indexes that hold all rows and are valid.</param>
internal sealed record TableFacts(TenantTable Table, IReadOnlyList<TableFacts.Column> Columns, IReadOnlyList<TableFacts.Index> Indexes)
{
    private const string ColumnQuery = """
        select a.attname::text, a.atttypid, b.oid, b.typtype, b.typcategory, pg_catalog.format_type(a.atttypid, null)
        from pg_catalog.pg_attribute a
        join pg_catalog.pg_type t on t.oid = a.atttypid
        join pg_catalog.pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
        where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
        """;

    private const string IndexQuery = """
        select i.relname::text,
               array(select coalesce(a.attname::text, '') from pg_catalog.generate_series(0, x.indnkeyatts - 1) k
                     left join pg_catalog.pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[k] and x.indkey[k] <> 0 order by k)
        from pg_catalog.pg_index x
        join pg_catalog.pg_class i on i.oid = x.indexrelid
        where x.indrelid = $1 and x.indisvalid and x.indpred is null
        order by i.relname
        """;

    /// <summary>An index begins with the tenant column.</summary>
    public bool HasTenantIndex => Indexes.Any(i => i.Keys[0] == Table.Column);

    /// <summary>The index that begins with the tenant column and has another right after it; null if there is none.</summary>
    public Index? IndexOn(string column) => Indexes.FirstOrDefault(i => i.Keys.Count > 1 && i.Keys[0] == Table.Column && i.Keys[1] == column);

    /// <summary>The statement that makes an index that begins with the tenant column.</summary>
    /// <param name="key">What follows it, as SQL; null for nothing.</param>
    public string CreateIndex(string? key) =>
        $"create index {(Table.Kind == 'p' ? "" : "concurrently ")}on {Table.QuotedName} ({Table.QuotedColumn}{(key is null ? "" : $", {key}")})";

    /// <summary>Reads them.</summary>
    public static async Task<TableFacts> ReadAsync(NpgsqlConnection connection, TenantTable table, CancellationToken cancellationToken)
    {
        var columns = new List<Column>();
        await using (var command = Ask(connection, ColumnQuery, table))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                columns.Add(new Column(reader.GetString(0), reader.GetFieldValue<uint>(2), reader.GetChar(3), reader.GetChar(4), reader.GetString(5)));
            }
        }

        var indexes = new List<Index>();
        await using (var command = Ask(connection, IndexQuery, table))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                indexes.Add(new Index(reader.GetString(0), reader.GetFieldValue<string[]>(1)));
            }
        }

        return new TableFacts(table, columns, indexes);
    }

    private static NpgsqlCommand Ask(NpgsqlConnection connection, string query, TenantTable table) =>
        new(query, connection) { Parameters = { new NpgsqlParameter { Value = table.Oid, NpgsqlDbType = NpgsqlDbType.Oid } } };

    /// <summary>A column.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Type">The type under its domain.</param>
    /// <param name="Kind">That type's <c>typtype</c>.</param>
    /// <param name="Category">That type's <c>typcategory</c>.</param>
    /// <param name="TypeName">Its type, as PostgreSQL writes it.</param>
    internal sealed record Column(string Name, uint Type, char Kind, char Category, string TypeName)
    {
        private const uint Text = 25;

        /// <summary>It holds text of any kind.</summary>
        public bool IsText => Type is Text or 1043 or 1042;

        /// <summary>The column as SQL names it.</summary>
        public string Quoted => Quote.Identifier(Name);

        /// <summary>The types that operators for it take: its own, and those that stand for any array, enum or range.</summary>
        public IEnumerable<uint> OperandTypes() => (Kind, Category) switch
        {
            ('e', _) => [Type, 3500],
            ('r', _) => [Type, 3831],
            ('m', _) => [Type, 4537],
            (_, 'A') => [Type, 2277],
            _ when Type == 1043 => [Type, Text],
            _ => [Type],
        };
    }

    /// <summary>An index.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Keys">Its columns; an empty name for an expression.</param>
    internal sealed record Index(string Name, IReadOnlyList<string> Keys);
}
