using Npgsql;
using NpgsqlTypes;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>
/// Tells every reason why SQL that an enemy wrote, run as a login, could reach beyond one tenant: what the login is, may do and
/// owns, by itself, through PUBLIC, and through every role that it could use or become. Two round trips, however many tables there are.
/// </summary>
internal static class TrustCheck
{
    private const int ParametersHaveRights = 15;

    // The path rules what names mean and how they are written out; all of this ends with the batch. Compiling costs more than it saves.
    private const string Settings = """
        select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('quote_all_identifiers', 'off', true),
               pg_catalog.set_config('jit', 'off', true)
        """;

    /// <summary>The reasons, none for a login that is fit. A clause is told once, with all that breaks it.</summary>
    /// <param name="connection">A connection of the login that is judged, in no transaction; or an admin's, in one that needs no path of its own afterwards.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="login">The login that is judged; null for the connection's own.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<TrustFinding>> ReadAsync(
        NpgsqlConnection connection, Installation installation, string? login, CancellationToken cancellationToken)
    {
        var (reach, policies) = await ReadBasisAsync(connection, installation, login, cancellationToken).ConfigureAwait(false);
        var rows = await ReadRowsAsync(connection, installation, login, reach, policies, cancellationToken).ConfigureAwait(false);
        return [.. reach.Judge(connection.PostgreSqlVersion), .. TrustClauses.Judge(rows, reach)];
    }

    private static async Task<(TrustReach Reach, IReadOnlyList<HarmlessPolicy> Policies)> ReadBasisAsync(
        NpgsqlConnection connection, Installation installation, string? login, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(Settings),
                TrustReach.Command(installation, login),
                HarmlessPolicy.Command(installation),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var reach = await TrustReach.ReadAsync(reader, installation, cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return (reach, await HarmlessPolicy.ReadAsync(reader, installation, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<List<TrustRow>> ReadRowsAsync(
        NpgsqlConnection connection, Installation installation, string? login, TrustReach reach, IReadOnlyList<HarmlessPolicy> policies, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new NpgsqlBatchCommand(Settings) } };
        foreach (var file in (string[])["trust-relations.sql", "trust-rules.sql", "trust-functions.sql"])
        {
            var command = Command(file, installation, login);
            command.Parameters.Add(Oids([.. reach.Usable, TrustReach.Public]));
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = installation.Schema });
            command.Parameters.Add(Texts(policies.Select(p => p.Condition)));
            command.Parameters.Add(Texts(policies.Select(p => p.Check)));
            command.Parameters.Add(Texts(policies.Select(p => p.IsIsolation ? "isolation" : "harmless")));
            batch.BatchCommands.Add(command);
        }

        var objects = Command("trust-objects.sql", installation, login);
        objects.Parameters.Add(Oids([.. reach.Usable, TrustReach.Public]));
        batch.BatchCommands.Add(objects);
        if (connection.PostgreSqlVersion.Major >= ParametersHaveRights)
        {
            var parameters = Command("trust-parameters.sql", installation, login);
            parameters.Parameters.Add(Oids([.. reach.Usable, TrustReach.Public]));
            batch.BatchCommands.Add(parameters);
        }

        var rows = new List<TrustRow>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                rows.Add(new TrustRow(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetFieldValue<uint>(3)));
            }
        }

        return rows;
    }

    private static NpgsqlBatchCommand Command(string file, Installation installation, string? login) => new(TrustSql.Read(file, installation, login));

    private static NpgsqlParameter Oids(uint[] oids) => new() { Value = oids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid };

    private static NpgsqlParameter Texts(IEnumerable<string> texts) => new() { Value = texts.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
