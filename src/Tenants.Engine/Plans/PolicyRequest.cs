namespace Tenants.Engine.Plans;

/// <summary>A policy that is asked for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">How it combines with the others.</param>
/// <param name="Command">The statements that it holds for.</param>
/// <param name="Roles">The roles that it holds for; none, or <c>PUBLIC</c>, for all.</param>
/// <param name="Using">Which rows may be seen: one SQL expression.</param>
/// <param name="Check">Which rows may be written: one SQL expression.</param>
public sealed record PolicyRequest(
    string Name, TenantPolicyKind Kind, TenantPolicyCommand Command, IReadOnlyList<string> Roles, string? Using, string? Check)
{
    /// <summary>The line of the declaration that asks for it, from 1; null where it was asked for otherwise.</summary>
    public int? DeclaredLine { get; init; }

    /// <summary>Whether it holds for all roles.</summary>
    internal bool IsForAll => Roles.Count == 0 || Roles.Any(IsPublic);

    /// <summary>What the command takes, checked before the server is asked.</summary>
    /// <exception cref="TenantException"><c>PolicyExpressionMissing</c>, <c>PolicyExpressionNotAllowed</c>.</exception>
    internal void EnsureShape()
    {
        if (Command is TenantPolicyCommand.Select or TenantPolicyCommand.Delete && Check is not null)
        {
            throw Wrong("PolicyExpressionNotAllowed", $"a policy for {Command} writes no row, so it takes -Using and no -Check");
        }

        if (Command is TenantPolicyCommand.Insert && Using is not null)
        {
            throw Wrong("PolicyExpressionNotAllowed", "a policy for Insert sees no row, so it takes -Check and no -Using");
        }

        if (Using is null && Check is null)
        {
            throw Wrong("PolicyExpressionMissing", $"give -{(Command is TenantPolicyCommand.Insert ? "Check" : "Using")}, the condition that its rows fulfil");
        }
    }

    /// <summary>Whether a name stands for all roles: no role can be called that.</summary>
    internal static bool IsPublic(string role) => role.Equals("public", StringComparison.OrdinalIgnoreCase);

    private TenantException Wrong(string errorId, string reason) =>
        new(errorId, TenantErrorKind.InvalidArgument, $"The policy '{Name}' cannot be made so: {reason}.") { Target = Name };
}
