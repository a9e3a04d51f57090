using System.Globalization;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>How it is seen that an attack succeeded: by its effect, never by the lack of an error.</summary>
/// <param name="Says">In words.</param>
/// <param name="IsSeenAsync">Looks.</param>
internal sealed record Breach(string Says, Func<AttackWorld, AttackOutcome, Task<bool>> IsSeenAsync)
{
    /// <summary>The enemy got the victim's canary in a row, a notice or an error.</summary>
    public static Breach Reads { get; } = new("the enemy reads the victim's canary", (_, outcome) => Task.FromResult(outcome.EnemyGot(AttackWorld.Canary)));

    /// <summary>The victim's step failed.</summary>
    public static Breach VictimFails { get; } = new("the victim's statement fails", (_, outcome) => Task.FromResult(outcome.VictimFailed));

    /// <summary>The victim did not get its own row.</summary>
    public static Breach VictimIsBlind { get; } = new("the victim does not get its own row", (_, outcome) => Task.FromResult(!outcome.VictimGot(AttackWorld.Canary)));

    /// <summary>A key's bytes stand in what the enemy got, in hex or as the numbers in which a plan shows them.</summary>
    public static Breach KeyShows { get; } = new("the enemy gets a key", async (world, outcome) =>
    {
        // A plan is broken into lines wherever it fits.
        var got = outcome.Enemy.ConvertAll(text => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
        foreach (var bytes in await world.KeyBytesAsync())
        {
            var start = bytes.Take(8).ToArray();
            var numbers = string.Join(' ', start.Select(b => ((sbyte)b).ToString(CultureInfo.InvariantCulture)));
            var hex = Convert.ToHexString(start).ToLowerInvariant();
            if (got.Exists(text => text.Contains(numbers, StringComparison.Ordinal) || text.Contains(hex, StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    });

    /// <summary>The enemy got a text.</summary>
    public static Breach EnemyGets(string text) => new($"the enemy gets '{text}'", (_, outcome) => Task.FromResult(outcome.EnemyGot(text)));

    /// <summary>The victim got a text.</summary>
    public static Breach VictimGets(string text) => new($"the victim gets '{text}'", (_, outcome) => Task.FromResult(outcome.VictimGot(text)));

    /// <summary>The next sealed connection is refused.</summary>
    /// <param name="reason">Part of the reason.</param>
    public static Breach SealedIsRefused(string reason) => new("nobody can connect sealed", async (world, _) =>
    {
        try
        {
            await using var database = await world.OpenAsync(TenantTrust.Sealed);
            return false;
        }
        catch (TenantException refused) when (refused.ErrorId == "LoginUnfit")
        {
            return refused.Message.Contains(reason, StringComparison.Ordinal);
        }
    });

    /// <summary>A superuser sees it.</summary>
    /// <param name="says">In words.</param>
    /// <param name="sql">A query for one boolean.</param>
    public static Breach Seen(string says, string sql) => new(says, (world, outcome) => world.SuperuserSeesAsync(outcome.Fill(sql)));
}
