using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Many;

/// <summary>How many tenants are made in a second.</summary>
internal sealed class NewTenants : IMeasurement
{
    /// <inheritdoc/>
    public string Name => "new-tenants";

    /// <inheritdoc/>
    public string What => "New-Tenant by the pipeline";

    /// <inheritdoc/>
    public string Against => "";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var count = bench.IsQuick ? 10_000 : 50_000;
        await using var database = await BenchDatabase.CreateAsync(bench, "bench_new", cancellationToken);
        database.Shell.Run("Initialize-TenantDatabase -TenantType text -WarningAction Ignore | Out-Null; New-Tenant warm | Out-Null");
        database.Shell.Run("$names = 1..$args[0] | ForEach-Object { \"tenant$_\" }", count);
        var took = database.Shell.Time("$names | New-Tenant | Out-Null");
        return [new Figure($"{count:#,0} tenants", new Amount(count / took, Unit.PerSecond), count / took, Goal.AtLeast(5_000, "/s"))];
    }
}
