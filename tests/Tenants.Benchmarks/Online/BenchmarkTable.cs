using System.Diagnostics;
using Npgsql;

namespace Tenants.Benchmarks.Online;

/// <summary>A table without tenants yet, whose rows have one by their account.</summary>
internal sealed class BenchmarkTable(NpgsqlDataSource admin, NpgsqlDataSource superuser, int rows)
{
    /// <summary>Whose a row is.</summary>
    public const string Backfill = "select a.tenant from account a where a.id = t.account_id";

    /// <summary>Makes the accounts of 100 tenants.</summary>
    public async Task CreateAccountsAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync("create table account (id int primary key, tenant text not null)", cancellationToken);
        await ExecuteAsync("insert into account select i, 'tenant' || i % 100 from generate_series(1, 1000) i", cancellationToken);
    }

    /// <summary>Makes it, as it would stand after a while: vacuumed, with statistics.</summary>
    public async Task CreateAsync(string name, CancellationToken cancellationToken)
    {
        await ExecuteAsync($"create table {name} (id int primary key, account_id int not null, amount int not null, note text not null)", cancellationToken);
        await ExecuteAsync($"insert into {name} select i, 1 + i % 1000, 0, repeat('n', 60) from generate_series(1, {rows}) i", cancellationToken);
        await ExecuteAsync($"vacuum analyze {name}", cancellationToken);
        await ExecuteAsync(superuser, "checkpoint", cancellationToken);
    }

    /// <summary>Drops it.</summary>
    public Task DropAsync(string name, CancellationToken cancellationToken) => ExecuteAsync($"drop table {name}", cancellationToken);

    /// <summary>Fills in a new column by one UPDATE, with nobody else there.</summary>
    /// <returns>Rows in a second.</returns>
    public async Task<double> UpdateAsync(string name, CancellationToken cancellationToken)
    {
        await ExecuteAsync($"alter table {name} add column tenant text", cancellationToken);
        var clock = Stopwatch.StartNew();
        await ExecuteAsync($"update {name} t set tenant = ({Backfill})", cancellationToken);
        return rows / clock.Elapsed.TotalSeconds;
    }

    private Task ExecuteAsync(string sql, CancellationToken cancellationToken) => ExecuteAsync(admin, sql, cancellationToken);

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
