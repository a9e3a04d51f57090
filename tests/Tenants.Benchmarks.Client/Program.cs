using System.Diagnostics;
using System.Globalization;
using Npgsql;

// Connects, and runs one statement as a tenant as one does by hand: in a transaction, with a setting that the policy reads.
// Without a connection string it does nothing, and shows what the process costs by itself.
if (args is not [var connectionString, var sql])
{
    return;
}

var clock = Stopwatch.StartNew();
await using var source = NpgsqlDataSource.Create(connectionString);
await using var connection = await source.OpenConnectionAsync();
await using var batch = new NpgsqlBatch(connection)
{
    BatchCommands =
    {
        new NpgsqlBatchCommand("begin"),
        new NpgsqlBatchCommand("select set_config('app.tenant', $1, true)") { Parameters = { new NpgsqlParameter<string> { TypedValue = "acme" } } },
        new NpgsqlBatchCommand(sql),
        new NpgsqlBatchCommand("commit"),
    },
};
await using (var reader = await batch.ExecuteReaderAsync())
{
    await reader.NextResultAsync();
    while (await reader.ReadAsync())
    {
        _ = reader.GetValue(0);
    }
}

Console.WriteLine(clock.Elapsed.TotalSeconds.ToString(CultureInfo.InvariantCulture));
