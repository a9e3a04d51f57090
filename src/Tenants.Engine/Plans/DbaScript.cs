using Tenants.Engine.Connections;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>What a DBA must run where the admin's login lacks a right; afterwards the admin goes on by himself.</summary>
internal static class DbaScript
{
    /// <summary>The statements that the login may not run itself; empty where it may run all.</summary>
    public static string Of(TenantDatabase database, LoginRights rights, string[] roles, Dictionary<string, RolePlanner.FoundRole> existing)
    {
        var login = Quote.Identifier(database.SessionUser);
        var lines = new List<string>();
        foreach (var name in roles)
        {
            var role = Quote.Identifier(name);
            var found = existing.GetValueOrDefault(name);
            if (found is null && !rights.CanCreateRoles)
            {
                lines.Add($"create role {role} nologin;");
            }

            if (found is not { IsMine: true } && !MayGrant(database, rights, found))
            {
                lines.Add($"{RoleGrant.Full(database.ServerVersion, role, login)};");
            }
        }

        if (!rights.CanCreateSchemas)
        {
            lines.Add($"grant create on database {Quote.Identifier(database.Database)} to {login};");
        }

        return string.Join("\n", lines);
    }

    /// <summary>The error that carries the script.</summary>
    public static TenantException Needed(TenantDatabase database, string script) => new(
        "PermissionDenied",
        TenantErrorKind.PermissionDenied,
        $"The login '{database.SessionUser}' lacks rights that only a DBA can give. Have one run this in '{database.Database}', then run the command again:\n\n{script}\n")
    {
        Target = database.SessionUser,
    };

    // Who makes a role may grant it. Of the others: before 16 whoever has CREATEROLE, since then whoever has ADMIN on it.
    private static bool MayGrant(TenantDatabase database, LoginRights rights, RolePlanner.FoundRole? found) => rights.IsSuperuser
        || (found is null ? rights.CanCreateRoles : found.CanGrant || (database.ServerVersion.Major < RoleGrant.GrantOptions && rights.CanCreateRoles));
}
