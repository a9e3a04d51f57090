namespace Tenants.Engine.Tests.RedTeam;

/// <summary>What came of an attack.</summary>
public enum AttackVerdict
{
    /// <summary>It did nothing, and with one defence removed it does.</summary>
    Closed,

    /// <summary>It succeeds, and the documentation says so.</summary>
    Listed,

    /// <summary>It succeeds, and must not.</summary>
    Open,

    /// <summary>The suite proves nothing: no control that succeeds, another error than expected, or listed and closed.</summary>
    Wrong,

    /// <summary>There is no such thing here.</summary>
    NotApplicable,
}

/// <summary>The result of one attack over one kind of login.</summary>
/// <param name="Attack">The attack.</param>
/// <param name="Trust">Over which login.</param>
/// <param name="Major">The server's major version.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Note">Why.</param>
internal sealed record AttackResult(Attack Attack, AttackTrust Trust, int Major, AttackVerdict Verdict, string Note);
