using Tenants.Engine.Migrations;
using Xunit;

namespace Tenants.Engine.Tests.Migrations;

/// <summary>How few migrations do no harm to a table in use.</summary>
public class MigrationJoinTests
{
    // A lock that others wait for (on a or b), rows that are read or written, no transaction (x), none of it (-).
    [Theory]
    [InlineData("-", "-")]
    [InlineData("- - a", "- - a")]
    [InlineData("a a -", "a a -")]
    [InlineData("a b", "a|b")]
    [InlineData("a a b b", "a a|b b")]
    [InlineData("a reads", "a|reads")]
    [InlineData("a writes", "a|writes")]
    [InlineData("- reads a", "- reads|a")]
    [InlineData("reads - a", "reads -|a")]
    [InlineData("reads reads", "reads reads")]
    [InlineData("- writes a", "- writes|a")]
    [InlineData("writes writes", "writes|writes")]
    [InlineData("reads a reads a a", "reads|a|reads|a a")]
    [InlineData("- a writes x writes reads a reads a - a", "- a|writes|x|writes|reads|a|reads|a - a")]
    [InlineData("- x x -", "-|x|x|-")]
    public void Few_are_made_of_many_and_nothing_long_shares_one_with_a_lock(string units, string expected)
    {
        var joined = MigrationJoin.Join(units.Split(' ').Select(Unit));

        Assert.Equal(expected, string.Join('|', joined.Select(u => string.Join(' ', u.Up.Select(s => s.Sql)))));
        Assert.Equal(joined.Select(u => u.Up.Reverse()), joined.Select(u => u.Down.AsEnumerable()));
        Assert.All(joined.Skip(1), u => Assert.NotNull(u.Apart));
    }

    private static MigrationUnit Unit(string what) => new("public.t", MigrationTopic.Ready, what != "x", [new MigrationStatement("", what)], [new MigrationStatement("", what)])
    {
        Blocks = what is "a" or "b" ? new HashSet<string> { what } : new HashSet<string>(),
        Rows = Enum.TryParse<RowWork>(what, ignoreCase: true, out var rows) ? rows : RowWork.None,
    };
}
