using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Catalog;

/// <summary>Finds tables by the names that people write.</summary>
public static class TableFinder
{
    private const string Columns = """
        c.oid, n.nspname::text, c.relname::text, c.relkind, c.relpersistence = 't',
        exists (select from pg_catalog.pg_depend d
                where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'),
        exists (select from pg_catalog.pg_inherits h where h.inhrelid = c.oid)
        """;

    private const string ByCandidates = $"""
        select {Columns}
        from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) with ordinality as wanted(schema, name, rank)
        join pg_catalog.pg_namespace n on n.nspname = wanted.schema
            or (wanted.schema = 'pg_temp' and pg_catalog.starts_with(n.nspname::text, 'pg_temp_'))
        join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
        order by wanted.rank limit 1
        """;

    // What a wildcard is never meant for: the server's own, the module's own, one session's, an extension's, and
    // partitions and children, which follow their root.
    private const string All = $"""
        select {Columns}
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and c.relpersistence <> 't'
          and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname is distinct from $1
        order by n.nspname, c.relname
        """;

    /// <summary>The tables that a name means: one, or with wildcards any number.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The name, as it was typed.</param>
    /// <param name="schema">The schema of names that give none; else the connection's.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>TableNotFound</c>, with near names.</exception>
    public static Task<IReadOnlyList<TableInfo>> FindAsync(
        TenantDatabase database, string table, string? schema = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        var name = TableName.Parse(table);
        var defaultSchema = string.IsNullOrEmpty(schema) ? database.Schema : schema;
        return database.UseAsync(connection => FindAsync(database, connection, name, defaultSchema, cancellationToken), cancellationToken);
    }

    /// <summary>The one table that a name means to the letter.</summary>
    /// <param name="database">The database.</param>
    /// <param name="connection">The connection to ask.</param>
    /// <param name="table">The name, as it was typed. No wildcards.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>TableNotFound</c>, with near names.</exception>
    internal static async Task<TableInfo> FindOneAsync(TenantDatabase database, NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        var name = TableName.Parse(table);
        if (await FindExactAsync(connection, name, database.Schema, cancellationToken).ConfigureAwait(false) is { } exact)
        {
            return exact;
        }

        var installation = await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false);
        throw NotFound(name, database.Schema, await ReadAsync(connection, All, [Text(installation?.Schema)], cancellationToken).ConfigureAwait(false));
    }

    private static async Task<IReadOnlyList<TableInfo>> FindAsync(
        TenantDatabase database, NpgsqlConnection connection, TableName name, string defaultSchema, CancellationToken cancellationToken)
    {
        if (await FindExactAsync(connection, name, defaultSchema, cancellationToken).ConfigureAwait(false) is { } exact)
        {
            return [exact];
        }

        var installation = await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false);
        var all = await ReadAsync(connection, All, [Text(installation?.Schema)], cancellationToken).ConfigureAwait(false);
        if (!name.HasWildcard)
        {
            throw NotFound(name, defaultSchema, all);
        }

        var matches = name.Matcher(defaultSchema);
        return [.. all.Where(t => !t.IsExtensionMember && !t.IsChild && matches(t.Schema, t.Name))];
    }

    private static async Task<TableInfo?> FindExactAsync(
        NpgsqlConnection connection, TableName name, string defaultSchema, CancellationToken cancellationToken)
    {
        var candidates = name.Candidates(defaultSchema).ToList();
        if (name.IsBare)
        {
            // Nobody means these, but who names one should hear why it cannot be.
            candidates.AddRange(name.Candidates("pg_catalog"));
            candidates.AddRange(name.Candidates("pg_temp"));
        }

        NpgsqlParameter[] parameters =
        [
            new NpgsqlParameter<string[]> { TypedValue = [.. candidates.Select(c => c.Schema)] },
            new NpgsqlParameter<string[]> { TypedValue = [.. candidates.Select(c => c.Name)] },
        ];
        return (await ReadAsync(connection, ByCandidates, parameters, cancellationToken).ConfigureAwait(false)).FirstOrDefault();
    }

    private static NpgsqlParameter Text(string? value) =>
        new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text };

    private static async Task<List<TableInfo>> ReadAsync(
        NpgsqlConnection connection, string query, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(query, connection);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var tables = new List<TableInfo>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            tables.Add(new TableInfo(reader.GetFieldValue<uint>(0), reader.GetString(1), reader.GetString(2))
            {
                Kind = reader.GetChar(3),
                IsTemporary = reader.GetBoolean(4),
                IsExtensionMember = reader.GetBoolean(5),
                IsChild = reader.GetBoolean(6),
            });
        }

        return tables;
    }

    private static TenantException NotFound(TableName name, string defaultSchema, List<TableInfo> all)
    {
        // The same name in another schema is nearer than any misspelling.
        var elsewhere = all.Where(t => string.Equals(t.Name, name.Last, StringComparison.OrdinalIgnoreCase)).Select(t => t.DisplayName).Take(3).ToList();
        var near = elsewhere.Count > 0
            ? $" Did you mean {string.Join(" or ", elsewhere.Select(n => $"'{n}'"))}?"
            : NearNames.Sentence(name.Last, all.Select(t => t.Schema == defaultSchema ? t.Name : t.DisplayName));
        var where = name.IsBare ? $" in the schema '{defaultSchema}'" : "";
        return new TenantException("TableNotFound", TenantErrorKind.NotFound, $"There is no table '{name}'{where}.{near}")
        {
            Target = name.ToString(),
            Table = name.ToString(),
        };
    }
}
