using Tenants.Engine.Queries;
using Xunit;

namespace Tenants.Engine.Tests.Queries;

public class UnreadNoticesTests
{
    [Theory]
    [InlineData(1, 10_000)]
    [InlineData(1 << 20, 5)]
    public void What_nobody_reads_is_counted_and_no_longer_kept(int length, int kept)
    {
        var queue = new UnreadNotices();
        var notice = new ServerNotice("NOTICE", "00000", new string('x', length));
        for (var i = 0; i < 20_000; i++)
        {
            queue.Add(notice);
        }

        for (var i = 0; i < kept; i++)
        {
            Assert.True(queue.TryTake(out var taken));
            Assert.Same(notice, taken);
        }

        Assert.True(queue.TryTake(out var last));
        Assert.Equal("WARNING", last.Severity);
        Assert.Contains((20_000 - kept).ToString(System.Globalization.CultureInfo.InvariantCulture), last.Message, StringComparison.Ordinal);
        Assert.False(queue.TryTake(out _));
        queue.Add(notice);
        Assert.True(queue.TryTake(out _));
    }
}
