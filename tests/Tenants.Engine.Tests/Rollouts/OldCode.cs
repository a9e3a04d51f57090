using Npgsql;
using Tenants.Testing;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>Code that knows of no tenants, and goes on writing a table while that is rolled out.</summary>
internal sealed class OldCode : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly NpgsqlDataSource _source;
    private readonly Task _running;

    /// <summary>Begins to write.</summary>
    public OldCode(TestDatabase database, string connectionString, int seed)
    {
        _source = database.CreateSource(connectionString);
        _running = Task.Run(() => WriteAsync(seed));
    }

    /// <summary>How many statements succeeded.</summary>
    public int Statements { get; private set; }

    /// <summary>What failed.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Stops it.</summary>
    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _running;
    }

    private async Task WriteAsync(int seed)
    {
        var random = new Random(seed);
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var sql = random.Next(4) switch
                {
                    0 => "insert into item (account_id, title) values (1 + floor(random() * 30)::int, 'new')",
                    1 => "update item set title = upper(title) where id = floor(random() * 2000)::int",
                    2 => "update item set title = title || '!' where id between floor(random() * 1900)::int and floor(random() * 1900)::int + 3",
                    _ => "delete from item where id = floor(random() * 2000)::int",
                };
                await using var command = _source.CreateCommand(sql);
                await command.ExecuteNonQueryAsync();
                Statements++;
                await Task.Delay(random.Next(4));
            }
        }
        catch (Exception e)
        {
            Failure = e;
        }
    }
}
