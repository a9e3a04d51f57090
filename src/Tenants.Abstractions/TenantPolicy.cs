namespace Tenants;

/// <summary>A policy as it stands in the database. Its members are named as the parameters that they feed.</summary>
public sealed record TenantPolicy
{
    /// <summary>The table, qualified, as the cmdlets take it.</summary>
    public required string Table { get; init; }

    /// <summary>The policy's name.</summary>
    public required string Name { get; init; }

    /// <summary>How it combines with the others.</summary>
    public required TenantPolicyKind Kind { get; init; }

    /// <summary>The statements that it holds for.</summary>
    public required TenantPolicyCommand Command { get; init; }

    /// <summary>The roles that it holds for; <c>PUBLIC</c> stands for all.</summary>
    public required IReadOnlyList<string> Role { get; init; }

    /// <summary>Which rows it lets be seen, as PostgreSQL writes the expression; null where it does not say.</summary>
    public string? Using { get; init; }

    /// <summary>Which rows it lets be written; null where it does not say, and then USING holds.</summary>
    public string? Check { get; init; }

    /// <summary>True for the module's own, which keep tenants apart and show the admin all.</summary>
    public required bool IsOwn { get; init; }
}
