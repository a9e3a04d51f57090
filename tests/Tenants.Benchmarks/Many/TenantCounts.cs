using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Many;

/// <summary>Whether what one does costs the same however many tenants the database has.</summary>
internal sealed class TenantCounts : IMeasurement
{
    private static readonly (string What, string Script, int Times)[] s_works =
    [
        ("a call", "for ($i = 0; $i -lt 100; $i++) { $null = Invoke-TenantQuery -Tenant tenant7 'select count(*) from item' }", 100),
        ("Get-Tenant of one", "for ($i = 0; $i -lt 100; $i++) { $null = Get-Tenant tenant7 }", 100),
        ("connecting, and a first call", "$null = Connect-TenantDatabase -ConnectionString $args[0] -WarningAction Ignore; $null = Invoke-TenantQuery -Tenant tenant7 'select 1'; Disconnect-TenantDatabase", 1),
        ("Enable-TenantRls of a table", "Invoke-TenantQuery -AsAdmin 'drop table if exists other; create table other (id int)'; Enable-TenantRls other -WarningAction Ignore | Out-Null", 1),
    ];

    /// <inheritdoc/>
    public string Name => "tenant-counts";

    /// <inheritdoc/>
    public string What => "The same work in a database of many tenants";

    /// <inheritdoc/>
    public string Against => "floor: the same in a database of 10 tenants";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        await using var few = await CreateAsync(bench, 10, cancellationToken);
        var figures = new List<Figure>();
        foreach (var count in bench.IsQuick ? new[] { 10_000 } : [1_000, 100_000])
        {
            await using var many = await CreateAsync(bench, count, cancellationToken);
            foreach (var (what, script, times) in s_works)
            {
                var pairs = await Pairs.RunAsync(
                    bench.Pairs, () => many.Shell.Time(script, many.ConnectionString) / times, () => few.Shell.Time(script, few.ConnectionString) / times, cancellationToken);
                figures.Add(Figure.OverFloor($"{count:#,0} tenants: {what}", pairs, Goal.AtMost(1.2)));
            }
        }

        return figures;
    }

    private static async Task<BenchDatabase> CreateAsync(Bench bench, int tenants, CancellationToken cancellationToken)
    {
        var database = await BenchDatabase.CreateAsync(bench, $"bench_{tenants}", cancellationToken);
        await database.ExecuteAsync("create table item (id int not null)", cancellationToken);
        database.Shell.Run("Enable-TenantRls item -WarningAction Ignore | Out-Null; 1..$args[0] | ForEach-Object { \"tenant$_\" } | New-Tenant | Out-Null", tenants);
        return database;
    }
}
