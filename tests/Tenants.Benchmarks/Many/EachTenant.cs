using System.Globalization;
using System.Text.RegularExpressions;
using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Many;

/// <summary>A small query for each of many tenants.</summary>
internal sealed partial class EachTenant : IMeasurement
{
    private const string Sql = "select count(*) from item";
    private const int Connections = 4;

    /// <inheritdoc/>
    public string Name => "each-tenant";

    /// <inheritdoc/>
    public string What => "A small query for each of many tenants";

    /// <inheritdoc/>
    public string Against => "peer: pgbench with as many connections, each transaction scoped by hand (setting, role, statement, commit, clean-up) and sent as one pipeline";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var tenants = bench.IsQuick ? 2_000 : 10_000;
        await using var database = await BenchDatabase.CreateAsync(bench, "bench_each", cancellationToken);
        await PrepareAsync(database, tenants, cancellationToken);
        var script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(script, Peer(tenants), cancellationToken);
            var pipeline = await CompareAsync($"Get-Tenant | Invoke-TenantQuery '{Sql}' -ThrottleLimit {Connections} | Receive-Object");
            var all = await CompareAsync($"Invoke-TenantQuery -AllTenants '{Sql}' -ThrottleLimit {Connections} | Receive-Object");
            var alone = await CompareAsync($"Invoke-TenantQuery -AllTenants '{Sql}' -ThrottleLimit 1 | Receive-Object", connections: 1);
            return
            [
                Rate($"{tenants:#,0} tenants by the pipeline, {Connections} connections", pipeline, Goal.AtLeast(0.7)),
                Rate($"{tenants:#,0} tenants by -AllTenants, {Connections} connections", all, Goal.AtLeast(0.7)),
                Rate($"{tenants:#,0} tenants by -AllTenants, 1 connection", alone, Goal.None),
            ];
        }
        finally
        {
            File.Delete(script);
        }

        // Both as the time that one tenant takes.
        Task<Pairs> CompareAsync(string ours, int connections = Connections) => Pairs.RunAsync(
            bench.IsQuick ? 2 : 3,
            () => Task.FromResult(database.Shell.Time(ours) / tenants),
            async () => 1 / Number(TransactionsPerSecond().Match(await ServerPrograms.RunAsync(
                "pgbench",
                bench.Binaries,
                database.ConnectionString,
                ["-n", "-M", "extended", "-c", Text(connections), "-j", "1", "-T", bench.IsQuick ? "2" : "5", "-f", script],
                cancellationToken)).Groups[1].Value),
            cancellationToken);
    }

    private static async Task PrepareAsync(BenchDatabase database, int tenants, CancellationToken cancellationToken)
    {
        // The second table is scoped by hand, as the manual shows it.
        await database.ExecuteAsync(
            $"""
            create table item (tenant text not null, id int not null, title text not null);
            insert into item select 'tenant' || i % {tenants}, i, 'title of item ' || i from generate_series(1, {tenants * 5}) i;
            create table hand_item as select * from item;
            create index on item (tenant);
            create index on hand_item (tenant);
            create role bench_hand;
            grant bench_hand to current_user;
            grant select on hand_item to bench_hand;
            alter table hand_item enable row level security;
            alter table hand_item force row level security;
            create policy own on hand_item using (tenant = (select current_setting('app.tenant', true)));
            """,
            cancellationToken);
        database.Shell.Run("Enable-TenantRls item -WarningAction Ignore | Out-Null; 0..($args[0] - 1) | ForEach-Object { \"tenant$_\" } | New-Tenant -Adopt | Out-Null", tenants);
        await database.ExecuteAsync("vacuum analyze item", cancellationToken);
        await database.ExecuteAsync("vacuum analyze hand_item", cancellationToken);
    }

    private static string Peer(int tenants) => $"""
        \set t random(0, {tenants - 1})
        \startpipeline
        begin read only;
        select set_config('app.tenant', 'tenant' || :t, true), set_config('role', 'bench_hand', true);
        select count(*) from hand_item;
        commit;
        discard all;
        \endpipeline

        """;

    private static Figure Rate(string what, Pairs pairs, Goal goal) => new(what, new Amount(1 / pairs.Ours, Unit.PerSecond), 1 / pairs.Ratio, goal)
    {
        Peer = new Amount(1 / pairs.Theirs, Unit.PerSecond),
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"tps = ([0-9.]+) \(without")]
    private static partial Regex TransactionsPerSecond();

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
