using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Declarations;

/// <summary>Reads the further policies of a declared table.</summary>
internal static class DeclaredPolicyReader
{
    private static readonly string[] s_keys = ["Name", "Kind", "Command", "Role", "Using", "Check"];

    /// <summary>The policies; mistakes are noted.</summary>
    public static IReadOnlyList<PolicyRequest> Read(DeclaredFields table, DeclarationMistakes mistakes)
    {
        const string Expected = "one policy or more, @{ Name = …; Using = … }";
        var policies = new List<PolicyRequest>();
        foreach (var value in table.List("Policies", Expected) ?? [])
        {
            if (value is not DeclaredMap map)
            {
                mistakes.Add(value, $"A policy is {DeclaredFields.Describe(value)}. Expected: {Expected}.");
            }
            else if (Read(map, mistakes) is { } policy)
            {
                if (policies.Exists(p => p.Name == policy.Name))
                {
                    mistakes.Add(map, $"The table has a policy '{policy.Name}' already. Expected: names that differ.");
                }

                policies.Add(policy);
            }
        }

        return policies;
    }

    private static PolicyRequest? Read(DeclaredMap map, DeclarationMistakes mistakes)
    {
        var fields = new DeclaredFields(map, "A policy", s_keys, mistakes);
        var name = fields.Text("Name");
        if (name is null && fields.Value("Name") is null)
        {
            mistakes.Add(map, "The policy has no name. Expected: Name = 'own_rows'.");
        }

        var roles = (fields.List("Role", "one role or more") ?? []).Select(r => fields.Text(r, "A role")).OfType<string>().ToList();
        var policy = new PolicyRequest(
            name ?? "",
            fields.Choice<TenantPolicyKind>("Kind") ?? TenantPolicyKind.Restrictive,
            fields.Choice<TenantPolicyCommand>("Command") ?? TenantPolicyCommand.All,
            roles,
            fields.Text("Using"),
            fields.Text("Check"))
        {
            DeclaredLine = map.Line,
        };
        if (name is null)
        {
            return null;
        }

        mistakes.Try(fields.Value("Name")!, () => Sql.Quote.Identifier(name));
        if (name is TenantTables.IsolationPolicy or TenantTables.AdminPolicy)
        {
            mistakes.Add(fields.Value("Name")!, $"The policy '{name}' is the module's own, which it makes by itself. Expected: another name.", "PolicyIsOwn");
        }

        // Where a text was wrong already, what it leaves behind is not.
        if (fields.Value("Using") is null == policy.Using is null && fields.Value("Check") is null == policy.Check is null)
        {
            CheckShape(map, policy, mistakes);
        }

        return policy;
    }

    private static void CheckShape(DeclaredMap map, PolicyRequest policy, DeclarationMistakes mistakes)
    {
        try
        {
            policy.EnsureShape();
        }
        catch (TenantException e)
        {
            // There it is a parameter that is meant, here a key.
            var message = e.Message.Replace("-Using", "Using", StringComparison.Ordinal).Replace("-Check", "Check", StringComparison.Ordinal);
            mistakes.Add(map, message, e.ErrorId);
        }
    }
}
