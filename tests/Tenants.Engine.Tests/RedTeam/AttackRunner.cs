using Npgsql;
using Tenants.Engine.Isolation;
using Xunit;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>Runs an attack, and the same with one defence removed, and says what came of it.</summary>
internal static class AttackRunner
{
    private static readonly Control s_laterScene = new("the look at what a login can reach when it connects");

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs one.</summary>
    /// <returns>The verdict; <see cref="AttackVerdict.Closed"/> only where the control succeeded.</returns>
    public static async Task<AttackResult> RunAsync(Attack attack, AttackTrust trust)
    {
        await using var world = await AttackWorld.CreateAsync();
        if (world.Major < attack.MinMajor)
        {
            return new AttackResult(attack, trust, world.Major, AttackVerdict.NotApplicable, $"PostgreSQL {attack.MinMajor} brings it");
        }

        if (!attack.Trusts.HasFlag(trust))
        {
            return new AttackResult(attack, trust, world.Major, AttackVerdict.NotApplicable, "it means nothing there");
        }

        var (breach, outcome) = await TryAsync(world, attack, trust, control: null);
        if (attack.ListingFor(trust, world.Major) is { } listing)
        {
            return breach
                ? new AttackResult(attack, trust, world.Major, AttackVerdict.Listed, listing.Reason)
                : new AttackResult(attack, trust, world.Major, AttackVerdict.Wrong, $"it is listed, and did not succeed: {Told(outcome)}");
        }

        if (breach)
        {
            return new AttackResult(attack, trust, world.Major, AttackVerdict.Open, $"{attack.Success.Says}: {Told(outcome)}");
        }

        if (outcome.Refusals.Find(r => !attack.Refusals.Contains(r.Code) && !(attack.IsLookedFor && r.Code == "LoginUnfit")) is { Code: not null } unexpected)
        {
            return new AttackResult(attack, trust, world.Major, AttackVerdict.Wrong, $"it was refused for another reason: {unexpected.Code} {unexpected.Message}");
        }

        if ((attack.IsLookedFor ? s_laterScene : attack.ControlFor(trust)) is not { } control)
        {
            return new AttackResult(attack, trust, world.Major, AttackVerdict.Wrong, "it has no control");
        }

        await using var other = await AttackWorld.CreateAsync();
        var (succeeds, controlled) = await TryAsync(other, attack, control.As ?? trust, control);
        return succeeds
            ? new AttackResult(attack, trust, world.Major, AttackVerdict.Closed, $"without {control.Removes} it succeeds")
            : new AttackResult(attack, trust, world.Major, AttackVerdict.Wrong, $"it does not succeed without {control.Removes} either: {Told(controlled)}");
    }

    private static async Task PrepareAsync(AttackWorld world, Attack attack)
    {
        if (attack.Setup is { } setup)
        {
            await world.AdminAsync(Fill(world, setup));
        }

        if (attack.SuperuserSetup is { } more)
        {
            await world.SuperuserAsync(Fill(world, more));
        }
    }

    private static async Task<(bool Breach, AttackOutcome Outcome)> TryAsync(AttackWorld world, Attack attack, AttackTrust trust, Control? control)
    {
        var bare = attack.Held || control is { Bare: true } or { WithoutBegin: true };
        await using IAttackRoute route = bare ? new BareRoute(world, trust, control is { WithoutBegin: true }) : new ModuleRoute(world, trust);
        var values = new Dictionary<string, string>();
        string FillAll(string sql) => values.Aggregate(Fill(world, sql), (text, value) => text.Replace(value.Key, value.Value, StringComparison.Ordinal));
        var outcome = new AttackOutcome(FillAll);
        var isEarly = attack.IsLookedFor && control is null;
        if (isEarly)
        {
            await PrepareAsync(world, attack);
        }

        try
        {
            await route.OpenAsync();
        }
        catch (TenantException refused) when (isEarly && refused.ErrorId == "LoginUnfit")
        {
            outcome.Refusals.Add((refused.ErrorId, refused.Message));
            return (false, outcome);
        }

        if (!isEarly)
        {
            await PrepareAsync(world, attack);
        }

        await LearnAsync(route, values);
        if (control?.Sql is { } removal)
        {
            await world.SuperuserAsync(FillAll(removal));
        }

        if ((control?.Token ?? attack.Token) is { } form)
        {
            values["{token}"] = await AttackKeys.TokenAsync(world, form, values["{login}"], int.Parse(values["{pid}"], null));
        }

        using var end = new CancellationTokenSource();
        var background = new List<Task>();
        try
        {
            foreach (var step in attack.Steps)
            {
                await StepAsync(world, attack, step, trust, route, outcome, values, background, end.Token);
            }

            await Task.WhenAll(background.Take(background.Count)).WaitAsync(TimeSpan.FromSeconds(0.1)).ContinueWith(_ => { }, TaskScheduler.Default);
            return (await attack.Success.IsSeenAsync(world, outcome), outcome);
        }
        finally
        {
            await end.CancelAsync();
            if (background.Count > 0)
            {
                await world.EndSessionsAsync();
                await Task.WhenAll(background).WaitAsync(s_patience);
            }

            if (control?.Undo is { } undo)
            {
                await world.SuperuserAsync(FillAll(undo));
            }
        }
    }

    private static async Task LearnAsync(IAttackRoute route, Dictionary<string, string> values)
    {
        var heard = new List<string>();
        await route.RunAsync("acme", "select pg_catalog.pg_backend_pid(), session_user::text", null, heard.Add, TestContext.Current.CancellationToken);
        values["{pid}"] = heard[^2];
        values["{login}"] = heard[^1];
    }

    private static async Task StepAsync(
        AttackWorld world, Attack attack, AttackStep step, AttackTrust trust, IAttackRoute route, AttackOutcome outcome, Dictionary<string, string> values, List<Task> background, CancellationToken end)
    {
        var sql = outcome.Fill(step.Sql);
        switch (step.Actor)
        {
            case Actor.Enemy:
                using (var patience = new CancellationTokenSource(s_patience))
                {
                    await EnemyAsync(route, sql, attack.Timeout, outcome, () => false, patience.Token);
                }

                break;
            case Actor.EnemyMeanwhile:
                background.Add(EnemyAsync(route, sql, attack.Timeout, outcome, () => end.IsCancellationRequested, end));
                await Task.Delay(1500, CancellationToken.None);
                break;
            case Actor.Victim:
                using (var patience = new CancellationTokenSource(s_patience))
                {
                    await VictimAsync(route, sql, outcome, patience.Token);
                }

                break;
            case Actor.VictimMeanwhile:
                // Over connections of its own where the enemy's is only one.
                background.Add(VictimAsync(route, sql, outcome, end));
                await Task.Delay(1500, CancellationToken.None);
                break;
            case Actor.Crowd:
                using (var patience = new CancellationTokenSource(s_patience))
                {
                    await CrowdAsync(route, sql, outcome, patience.Token);
                }

                break;
            case Actor.Superuser:
                await world.SuperuserAsync(sql);
                break;
            case Actor.Steal:
                await StealAsync(world, trust, route, sql, values);
                break;
            case Actor.Reconnect:
                await route.ReconnectAsync();
                break;
            case Actor.Wait:
                await Task.Delay(TimeSpan.FromSeconds(double.Parse(step.Sql, System.Globalization.CultureInfo.InvariantCulture)), CancellationToken.None);
                break;
            default:
                throw new InvalidOperationException($"Nobody is {step.Actor}.");
        }
    }

    private static async Task StealAsync(AttackWorld world, AttackTrust trust, IAttackRoute route, string sql, Dictionary<string, string> values)
    {
        var heard = new List<string>();
        if (trust == AttackTrust.Bound)
        {
            // A bound login has none to steal; one of a shared login is as good as it gets.
            await using var shared = new BareRoute(world, AttackTrust.Shared);
            await shared.RunAsync("globex", sql, null, heard.Add, TestContext.Current.CancellationToken);
        }
        else
        {
            await route.RunAsync("globex", sql, null, heard.Add, TestContext.Current.CancellationToken);
        }

        values["{stolen}"] = heard[^1];
    }

    private static async Task EnemyAsync(IAttackRoute route, string sql, TimeSpan? timeout, AttackOutcome outcome, Func<bool> isOver, CancellationToken cancellationToken)
    {
        try
        {
            await route.RunAsync("acme", sql, timeout, Locked(outcome.Enemy), cancellationToken);
        }
        catch (Exception late) when (isOver() && late is (TenantException or NpgsqlException or OperationCanceledException))
        {
            // It was ended by us.
        }
        catch (TenantException refused)
        {
            outcome.Refusals.Add((refused.SqlState ?? refused.ErrorId, refused.Message));
            Locked(outcome.Enemy)(string.Join(' ', refused.SqlState, refused.ErrorId, refused.Message, refused.Detail, refused.Hint));
        }
        catch (PostgresException refused)
        {
            outcome.Refusals.Add((refused.SqlState, refused.MessageText));
            Locked(outcome.Enemy)(string.Join(' ', refused.SqlState, refused.MessageText, refused.Detail, refused.Hint, refused.Where));
        }
        catch (Exception ended) when (ended is OperationCanceledException or NpgsqlException)
        {
            // At the end, what still runs in the background is ended by us.
            if (!isOver())
            {
                outcome.Refusals.Add(("Ended", ended.Message));
            }
        }
    }

    private static async Task VictimAsync(IAttackRoute route, string sql, AttackOutcome outcome, CancellationToken cancellationToken)
    {
        try
        {
            await route.RunAsync("globex", sql, null, Locked(outcome.Victim), cancellationToken);
        }
        catch (Exception failed) when (failed is TenantException or NpgsqlException or OperationCanceledException)
        {
            outcome.VictimFailed = true;
            Locked(outcome.Victim)(failed.Message);
        }
    }

    private static Task CrowdAsync(IAttackRoute route, string sql, AttackOutcome outcome, CancellationToken cancellationToken)
    {
        string[] tenants = [.. Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? "acme" : "globex")];
        return route.RunCrowdAsync(
            tenants,
            sql,
            (tenant, heard, failure) =>
            {
                var isEnemy = tenant == "acme";
                (isEnemy ? outcome.Enemy : outcome.Victim).AddRange(failure is null ? heard : [.. heard, failure.Message]);
                if (isEnemy && failure is not null)
                {
                    outcome.Refusals.Add((failure is TenantException own ? own.SqlState ?? own.ErrorId : (failure as PostgresException)?.SqlState ?? "", failure.Message));
                }
                else if (!isEnemy)
                {
                    outcome.VictimFailed |= failure is not null;
                    if (!heard.Any(h => h.Contains(AttackWorld.Canary, StringComparison.Ordinal)))
                    {
                        outcome.Victim.Add(AttackStep.BlindRun);
                    }
                }
            },
            cancellationToken);
    }

    private static Action<string> Locked(List<string> texts) => text =>
    {
        lock (texts)
        {
            texts.Add(text);
        }
    };

    private static string Fill(AttackWorld world, string sql) => sql
        .Replace("{session}", world.Installation.SessionRole, StringComparison.Ordinal)
        .Replace("{admin}", world.Installation.AdminRole, StringComparison.Ordinal)
        .Replace("{owner}", world.Installation.OwnerRole, StringComparison.Ordinal)
        .Replace("{adminlogin}", world.AdminLogin, StringComparison.Ordinal)
        .Replace("{db}", world.Name, StringComparison.Ordinal)
        .Replace("{canary}", AttackWorld.Canary, StringComparison.Ordinal)
        .Replace("{datadir}", world.DataDirectory, StringComparison.Ordinal);

    private static string Told(AttackOutcome outcome)
    {
        var texts = outcome.Enemy.Select(t => $"enemy: {t}").Concat(outcome.Victim.Select(t => $"victim: {t}"));
        var told = string.Join(" | ", texts.Select(t => t.Length < 300 ? t : t[..300]).Distinct().TakeLast(12));
        return told.Length == 0 ? "nothing came back" : told;
    }
}
