using System.Diagnostics;
using Npgsql;

namespace Tenants.Benchmarks.Peers;

/// <summary>Reads rows by the driver alone, each column by its type, and keeps none: the least that rows can cost.</summary>
internal static class TypedReader
{
    /// <summary>Reads a result of int, text, numeric, timestamptz and boolean to its end.</summary>
    /// <returns>How long it took, in seconds.</returns>
    public static async Task<double> ReadAsync(NpgsqlDataSource source, string sql, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            _ = reader.GetInt32(0);
            _ = reader.GetString(1);
            _ = reader.GetDecimal(2);
            _ = reader.GetDateTime(3);
            _ = reader.GetBoolean(4);
        }

        return clock.Elapsed.TotalSeconds;
    }
}
