namespace Tenants;

/// <summary>One login's access to a tenant table.</summary>
/// <param name="Login">The login; <c>PUBLIC</c> stands for all those whose rights come through PUBLIC alone.</param>
/// <param name="Sees">What it sees once the table is enforced.</param>
/// <param name="Why">Why it sees that.</param>
/// <param name="Rights">Its rights on the table, on some columns at least: SELECT, INSERT, UPDATE, DELETE.</param>
public sealed record TenantTableAccess(string Login, TenantVisibility Sees, string Why, IReadOnlyList<string> Rights);
