namespace Tenants.Engine.Migrations;

/// <summary>
/// Makes one migration of consecutive ones where that does no harm to a table in use: a team reads, reviews and runs few. What takes long
/// never shares one with a lock that others wait for: after it they would wait as long, and before it all would be done again where the
/// lock is not to be had, which no tool tries twice by itself.
/// </summary>
internal static class MigrationJoin
{
    /// <summary>The migrations, as few as may be, in the same order.</summary>
    public static IReadOnlyList<MigrationUnit> Join(IEnumerable<MigrationUnit> units)
    {
        var joined = new List<MigrationUnit>();
        foreach (var unit in units)
        {
            if (joined.Count == 0)
            {
                joined.Add(unit);
            }
            else if (Reason(joined[^1], unit) is { } reason)
            {
                joined.Add(unit with { Apart = reason });
            }
            else
            {
                joined[^1] = Join(joined[^1], unit);
            }
        }

        return joined;
    }

    // Why two cannot be one transaction; null where they can.
    private static string? Reason(MigrationUnit before, MigrationUnit unit) => (before, unit) switch
    {
        ({ InTransaction: false }, _) or (_, { InTransaction: false }) => "",
        ({ Rows: RowWork.Writes }, _) => "the one before writes rows, and keeps them locked until its transaction ends.",
        ({ Rows: RowWork.Reads }, { Blocks.Count: > 0 }) => "the one before reads all rows, and would do it again where this lock is not to be had.",
        ({ Blocks.Count: > 0 }, { Rows: not RowWork.None }) => $"it {(unit.Rows == RowWork.Reads ? "reads" : "writes")} rows, and others would wait for the lock of the one before as long as that takes.",
        ({ Blocks.Count: > 0 }, _) when !unit.Blocks.IsSubsetOf(before.Blocks) => "nobody is to wait for one table while another is waited for.",
        _ => null,
    };

    // The last one is what the others lead up to, and gives the name.
    private static MigrationUnit Join(MigrationUnit before, MigrationUnit unit) => new(
        Both(before.Target, unit.Target, ", "),
        unit.Topic with { Text = Both(before.Topic.Text, unit.Topic.Text, "; ") },
        true,
        [.. before.Up, .. unit.Up],
        [.. unit.Down, .. before.Down])
    {
        Blocks = before.Blocks.Union(unit.Blocks).ToHashSet(),
        Rows = (RowWork)Math.Max((int)before.Rows, (int)unit.Rows),
        Apart = before.Apart,
    };

    private static string Both(string one, string other, string between) => $"{between}{one}{between}".Contains($"{between}{other}{between}", StringComparison.Ordinal) ? one : $"{one}{between}{other}";
}
