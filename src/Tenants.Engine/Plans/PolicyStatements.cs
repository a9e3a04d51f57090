using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>A further policy as it is read, compared and written.</summary>
internal static class PolicyStatements
{
    /// <summary>A policy that is asked for, its expressions as PostgreSQL writes them.</summary>
    /// <exception cref="TenantException"><c>PolicyExpressionInvalid</c>.</exception>
    public static async Task<TenantPolicy> ReadAsync(
        NpgsqlConnection connection, TenantTable table, PolicyRequest request, string? newColumn, CancellationToken cancellationToken)
    {
        async Task<string?> Deparse(string? expression, string parameter) => expression is null
            ? null
            : await PolicyExpression.ReadAsync(connection, table.Schema, table.Name, expression, parameter, newColumn, cancellationToken).ConfigureAwait(false);

        var prefix = request.DeclaredLine is null ? "-" : "";
        return Unread(table, request) with
        {
            Using = await Deparse(request.Using, prefix + "Using").ConfigureAwait(false),
            Check = await Deparse(request.Check, prefix + "Check").ConfigureAwait(false),
        };
    }

    /// <summary>A policy that is asked for, its expressions as they were given.</summary>
    public static TenantPolicy Unread(TenantTable table, PolicyRequest request) => new()
    {
        Table = table.DisplayName,
        Name = request.Name,
        Kind = request.Kind,
        Command = request.Command,
        Role = request.IsForAll ? ["PUBLIC"] : [.. request.Roles.Distinct().Order(StringComparer.Ordinal)],
        Using = request.Using,
        Check = request.Check,
        IsOwn = false,
    };

    /// <summary>Whether two say the same, as PostgreSQL writes them.</summary>
    public static bool IsSame(TenantPolicy standing, TenantPolicy wanted) =>
        standing.Kind == wanted.Kind && standing.Command == wanted.Command && standing.Using == wanted.Using && standing.Check == wanted.Check
        && standing.Role.ToHashSet(StringComparer.Ordinal).SetEquals(wanted.Role);

    /// <summary>The step that makes it.</summary>
    public static PlanStep Create(string table, TenantPolicy policy) => new("a further policy", Text(table, policy))
    {
        Down = $"drop policy {Quote.Identifier(policy.Name)} on {table}",
        Lock = LockLevel.AccessExclusive,
        LockedTable = table,
        Mends = TenantRlsDifferenceKind.PolicyMissing,
    };

    /// <summary>The step that drops it.</summary>
    public static PlanStep Drop(string table, TenantPolicy policy) =>
        new("the policy is no longer wanted", $"drop policy {Quote.Identifier(policy.Name)} on {table}")
        {
            Down = Text(table, policy),
            Lock = LockLevel.AccessExclusive,
            LockedTable = table,
            Mends = TenantRlsDifferenceKind.PolicySurplus,
        };

    /// <summary>The statement that makes it.</summary>
    public static string Text(string table, TenantPolicy policy)
    {
        var kind = policy.Kind == TenantPolicyKind.Permissive ? "permissive" : "restrictive";
        var roles = string.Join(", ", policy.Role.Select(r => PolicyRequest.IsPublic(r) ? "public" : Quote.Identifier(r)));
        var rows = policy.Using is { } shown ? $"\n    using {Deparsed.Enclosed(shown)}" : "";
        var check = policy.Check is { } written ? $"\n    with check {Deparsed.Enclosed(written)}" : "";
        return $"create policy {Quote.Identifier(policy.Name)} on {table} as {kind} for {Word(policy.Command)} to {roles}{rows}{check}";
    }

    /// <summary>Refuses one that opens rows to other tenants.</summary>
    public static TenantException Opening(TenantTable table, TenantPolicy policy, string opens) => new(
        "PolicyOpensTenants",
        TenantErrorKind.InvalidState,
        $"The policy '{policy.Name}' is not made, for {opens} Make it restrictive, name roles that are not tenants' with -Role, put the tenant's condition into it, or give -Force if that is what you want.")
    {
        Target = policy.Name,
        Table = table.DisplayName,
    };

    private static string Word(TenantPolicyCommand command) => command switch
    {
        TenantPolicyCommand.Select => "select",
        TenantPolicyCommand.Insert => "insert",
        TenantPolicyCommand.Update => "update",
        TenantPolicyCommand.Delete => "delete",
        _ => "all",
    };
}
