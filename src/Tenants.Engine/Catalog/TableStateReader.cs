using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Catalog;

/// <summary>Reads what tables are now: any number of them in one round trip.</summary>
internal static class TableStateReader
{
    /// <summary>The states of some tables, in no order; tables that are gone are left out.</summary>
    /// <param name="connection">A connection that is in no transaction.</param>
    /// <param name="installation">What lies in the database, or will.</param>
    /// <param name="tables">The tables, each with its tenant column; a null column stands for the one that the policy names, else <c>tenant</c>.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<Dictionary<uint, TableState>> ReadAsync(
        NpgsqlConnection connection, Installation installation, IReadOnlyList<(uint Oid, string? Column)> tables, CancellationToken cancellationToken)
    {
        uint[] oids = [.. tables.Select(t => t.Oid)];
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                // The path rules how expressions are written out; it ends with the batch.
                new NpgsqlBatchCommand("select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)"),
                new NpgsqlBatchCommand(SqlResource.Read("table-policies.sql", new Dictionary<string, string>())) { Parameters = { Oids(oids) } },
                new NpgsqlBatchCommand(SqlResource.Read("table-state.sql", new Dictionary<string, string>()))
                {
                    Parameters =
                    {
                        Oids(oids),
                        new NpgsqlParameter { Value = tables.Select(t => t.Column).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                        new NpgsqlParameter<string> { TypedValue = installation.Schema },
                        new NpgsqlParameter<string> { TypedValue = installation.AdminRole },
                        new NpgsqlParameter<string> { TypedValue = installation.SessionRole },
                    },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var policies = new List<(uint Table, TablePolicy Policy)>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            policies.Add((reader.GetFieldValue<uint>(0), ReadPolicy(reader)));
        }

        var byTable = policies.ToLookup(p => p.Table, p => p.Policy);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var states = new Dictionary<uint, TableState>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var state = ReadState(reader, byTable);
            states[state.Oid] = state;
        }

        return states;
    }

    private static NpgsqlParameter Oids(uint[] oids) => new() { Value = oids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid };

    private static TablePolicy ReadPolicy(NpgsqlDataReader row) => new(
        row.GetString(1),
        row.GetBoolean(2),
        row.GetChar(3),
        row.GetFieldValue<string[]>(4),
        row.IsDBNull(5) ? null : row.GetString(5),
        row.IsDBNull(6) ? null : row.GetString(6));

    private static TableState ReadState(NpgsqlDataReader row, ILookup<uint, TablePolicy> policies)
    {
        var oid = row.GetFieldValue<uint>(0);
        return new TableState
        {
            Oid = oid,
            Schema = row.GetString(1),
            Name = row.GetString(2),
            Kind = row.GetChar(3),
            Owner = row.GetString(4),
            IsOwned = row.GetBoolean(5),
            OwnerSeesAll = row.GetBoolean(6),
            IsEnabled = row.GetBoolean(7),
            IsForced = row.GetBoolean(8),
            IsFiltered = row.GetBoolean(9),
            IsChild = row.GetBoolean(10),
            Granted = row.GetFieldValue<string[]>(11),
            HasSchemaUsage = row.GetBoolean(12),
            HasOwnSchemaUsage = row.GetBoolean(13),
            OtherGrants = row.GetInt32(14),
            Sequences = ReadSequences(row.GetFieldValue<string[]>(15)),
            Column = row.IsDBNull(16) ? null : ReadColumn(row, 16),
            Index = row.IsDBNull(25) ? null : row.GetString(25),
            SchemaIdent = row.GetString(26),
            InvalidIndexes = row.GetFieldValue<string[]>(27),
            Policies = [.. policies[oid]],
        };
    }

    private static TenantColumn ReadColumn(NpgsqlDataReader row, int first) => new(
        row.GetString(first),
        row.GetString(first + 1),
        row.GetString(first + 2),
        row.GetString(first + 3),
        row.GetBoolean(first + 4),
        row.GetBoolean(first + 5),
        row.GetBoolean(first + 6),
        row.GetBoolean(first + 7),
        row.IsDBNull(first + 8) ? null : row.GetString(first + 8));

    // Flat: schema, name, whether it may be used, whether another table of tenants' SQL draws from it.
    private static List<TableSequence> ReadSequences(string[] flat) =>
        [.. flat.Chunk(4).Select(s => new TableSequence(s[0], s[1], s[2] == "true", s[3] == "true"))];
}
