using Npgsql;
using NpgsqlTypes;

namespace Tenants.Engine.Isolation.Keys;

/// <summary>Has the server make keys, and retire them. An admin's connection runs it.</summary>
internal static class KeyMaker
{
    /// <summary>A new key for a login.</summary>
    /// <param name="connection">The admin's connection.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="login">The login.</param>
    /// <param name="life">How long it holds; null until it is retired.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The key, and what signs with it.</returns>
    public static async Task<(SigningKey Key, TokenSigner Signer)> CreateAsync(
        NpgsqlConnection connection, Installation installation, string login, TimeSpan? life, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"select id, secret, server_time from {installation.QuotedSchema}.create_key($1, $2)", connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = login, NpgsqlDbType = NpgsqlDbType.Name },
                new NpgsqlParameter { Value = (object?)life ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var key = new SigningKey(reader.GetString(0), reader.GetFieldValue<byte[]>(1));
        var serverTime = reader.GetDateTime(2);
        return (key, new TokenSigner(login, key, new ServerClock(serverTime), life is { } holds ? serverTime + (holds / 2) : null));
    }

    /// <summary>Lets the keys of a login go on for a while, then no more.</summary>
    /// <param name="connection">The admin's connection.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="login">The login.</param>
    /// <param name="grace">How long they go on.</param>
    /// <param name="except">The key that stays; null for none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>How many keys that concerns.</returns>
    public static async Task<long> RetireAsync(
        NpgsqlConnection connection, Installation installation, string login, TimeSpan grace, string? except, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select {installation.QuotedSchema}.retire_keys($1, $2, $3)", connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = login, NpgsqlDbType = NpgsqlDbType.Name },
                new NpgsqlParameter<TimeSpan> { TypedValue = grace },
                new NpgsqlParameter { Value = (object?)except ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            },
        };
        return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }
}
