using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using Tenants.Testing;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>Code that knows of no tenants, and goes on writing a table while that is rolled out.</summary>
internal sealed class OldCode : IAsyncDisposable
{
    private const string Name = "old code";

    private readonly TestDatabase _database;
    private readonly CancellationTokenSource _stop = new();
    private readonly NpgsqlDataSource _source;
    private readonly Task _running;

    /// <summary>Begins to write.</summary>
    public OldCode(TestDatabase database, string connectionString, int seed)
    {
        _database = database;
        _source = database.CreateSource(connectionString + $";Application Name={Name};Include Error Detail=true");
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
                try
                {
                    await command.ExecuteNonQueryAsync();
                    Statements++;
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DeadlockDetected)
                {
                    // Two of them that change several rows each are no rollout's doing.
                    if (!await IsAmongThemselvesAsync(e))
                    {
                        throw;
                    }
                }

                await Task.Delay(random.Next(4));
            }
        }
        catch (Exception e)
        {
            Failure = e;
        }
    }

    private async Task<bool> IsAmongThemselvesAsync(PostgresException deadlock)
    {
        var pids = Regex.Matches(deadlock.Detail ?? "", "[Pp]rocess ([0-9]+)").Select(m => int.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture)).Distinct().ToArray();
        return pids.Length > 1 && await TestDatabase.ScalarAsync<long>(
            _database.Superuser, "select count(*) from pg_stat_activity where pid = any ($1) and application_name = $2", pids, Name) == pids.Length;
    }
}
