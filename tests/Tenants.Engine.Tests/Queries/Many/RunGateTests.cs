using Tenants.Engine.Queries.Many;
using Xunit;

namespace Tenants.Engine.Tests.Queries.Many;

public class RunGateTests
{
    [Fact]
    public async Task One_more_than_the_limit_waits_for_one_that_ends()
    {
        var gate = new RunGate(2);
        await gate.EnterAsync(isNext: false, default);
        await gate.EnterAsync(isNext: false, default);
        var third = gate.EnterAsync(isNext: false, default);
        Assert.False(third.IsCompleted);
        gate.Exit();
        await third.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Who_is_waited_for_goes_before_the_others()
    {
        var gate = new RunGate(1);
        await gate.EnterAsync(isNext: false, default);
        var other = gate.EnterAsync(isNext: false, default);
        var next = gate.EnterAsync(isNext: true, default);
        gate.Exit();
        await next.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.False(other.IsCompleted);
    }

    [Fact]
    public async Task Where_one_got_no_connection_one_that_was_granted_is_left_for_others()
    {
        var gate = new RunGate(5);
        for (var i = 0; i < 5; i++)
        {
            await gate.EnterAsync(isNext: false, default);
        }

        Assert.True(gate.TryShrink());
        Assert.Equal(3, gate.Limit);
        gate.Exit();
        gate.Exit();
        gate.Exit();
        gate.Exit();
        Assert.False(gate.TryShrink());
        Assert.Equal(1, gate.Limit);
    }

    [Fact]
    public async Task After_many_that_got_one_more_run_again_and_never_more_than_wanted()
    {
        var gate = new RunGate(3);
        for (var i = 0; i < 3; i++)
        {
            await gate.EnterAsync(isNext: false, default);
        }

        Assert.True(gate.TryShrink());
        Assert.Equal(1, gate.Limit);
        gate.Exit();
        gate.Exit();
        gate.Exit();
        for (var i = 0; i < 200; i++)
        {
            await gate.EnterAsync(isNext: false, default);
            gate.Exit();
        }

        Assert.Equal(3, gate.Limit);
    }

    [Fact]
    public async Task Who_waits_no_longer_takes_nobodys_place()
    {
        var gate = new RunGate(1);
        await gate.EnterAsync(isNext: false, default);
        using var stop = new CancellationTokenSource();
        var stopped = gate.EnterAsync(isNext: false, stop.Token);
        var other = gate.EnterAsync(isNext: false, default);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);
        gate.Exit();
        await other.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }
}
