namespace Tenants.Engine.Tests.RedTeam;

/// <summary>What came back from an attack.</summary>
/// <param name="Fill">Fills in the names in braces.</param>
internal sealed record AttackOutcome(Func<string, string> Fill)
{
    /// <summary>All that the enemy got: rows, notices, errors.</summary>
    public List<string> Enemy { get; } = [];

    /// <summary>All that the victim got.</summary>
    public List<string> Victim { get; } = [];

    /// <summary>How the server or the module refused the enemy: SQLSTATE, else error id, with the message.</summary>
    public List<(string Code, string Message)> Refusals { get; } = [];

    /// <summary>A step of the victim failed.</summary>
    public bool VictimFailed { get; set; }

    /// <summary>The enemy got this text.</summary>
    public bool EnemyGot(string text) => Enemy.Exists(t => t.Contains(text, StringComparison.Ordinal));

    /// <summary>The victim got this text.</summary>
    public bool VictimGot(string text) => Victim.Exists(t => t.Contains(text, StringComparison.Ordinal));
}
