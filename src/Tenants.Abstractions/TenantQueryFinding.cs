namespace Tenants;

/// <summary>One reason why a query is slower under row security, with what helps. Each was looked up in the database's catalog.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Table">The table, with its schema.</param>
/// <param name="Message">What happens, to what, and why.</param>
/// <param name="Suggestion">What helps.</param>
public sealed record TenantQueryFinding(TenantQueryFindingKind Kind, string Table, string Message, string Suggestion)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Message} {Suggestion}";
}
