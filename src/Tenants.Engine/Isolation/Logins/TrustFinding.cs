namespace Tenants.Engine.Isolation.Logins;

/// <summary>A reason why a login is not fit to run SQL that an enemy wrote.</summary>
/// <param name="Clause">The rule that it breaks: a stable name.</param>
/// <param name="Reason">What it has, in one sentence.</param>
/// <param name="Mend">The statements that a DBA or the owner runs to take it away, one a line.</param>
internal sealed record TrustFinding(string Clause, string Reason, string Mend);
