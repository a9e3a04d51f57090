namespace Tenants.Engine.Isolation.Logins;

/// <summary>One thing that breaks a clause, as the server tells it, its names quoted as in SQL.</summary>
/// <param name="Clause">The clause.</param>
/// <param name="What">What it is about.</param>
/// <param name="Mend">The statement that takes it away.</param>
/// <param name="Holder">The role whose right it is; 0 where it is PUBLIC's, or no single role's.</param>
internal sealed record TrustRow(string Clause, string What, string Mend, uint Holder);
