using Tenants.Benchmarks.Measuring;
using Tenants.Benchmarks.Rows;
using Tenants.Testing;

namespace Tenants.Benchmarks.Calls;

/// <summary>How often a call goes to the server, counted by a proxy between the two.</summary>
internal sealed class RoundTrips : IMeasurement
{
    private const string Missing = "$failed = $null; try { Invoke-TenantQuery -Tenant nobody 'select 1' } catch { $failed = $_ }; if ($failed.FullyQualifiedErrorId -notlike 'TenantNotFound*') { throw $failed }";

    private static readonly (string What, string Script, Goal Goal)[] s_calls =
    [
        ("a read", "$null = Invoke-TenantQuery -Tenant acme 'select 1'", Goal.AtMost(1, " round trips")),
        ("a write", "$null = Invoke-TenantQuery -Tenant acme 'delete from item where id = -1'", Goal.AtMost(1, " round trips")),
        ("a tenant that is not there", Missing, Goal.Reported(" round trips")),
    ];

    /// <inheritdoc/>
    public string Name => "round-trips";

    /// <inheritdoc/>
    public string What => "Round trips of one scoped call, on a connection that was used before";

    /// <inheritdoc/>
    public string Against => "";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var world = await RowWorld.OfAsync(bench, cancellationToken);
        await using var proxy = CountingProxy.Start(world.Database.ConnectionString);
        using var shell = BenchShell.Connect(proxy.Through(world.Database.ConnectionString));
        return [.. s_calls.Select(call =>
        {
            shell.Run(call.Script);
            proxy.TakeRoundTrips();
            shell.Run(call.Script);
            var trips = proxy.TakeRoundTrips();
            return new Figure(call.What, new Amount(trips, Unit.RoundTrips), trips, call.Goal);
        })];
    }
}
