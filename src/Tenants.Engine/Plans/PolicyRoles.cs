using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Plans;

/// <summary>Which roles a policy may name.</summary>
internal static class PolicyRoles
{
    /// <summary>Refuses roles that do not exist, and roles that tenants' logins belong to.</summary>
    /// <exception cref="TenantException"><c>RoleNotFound</c>, <c>PolicyRoleIsTenants</c>.</exception>
    public static async Task EnsureUsableAsync(
        NpgsqlConnection connection, Installation installation, PolicyRequest request, CancellationToken cancellationToken)
    {
        string[] named = [.. request.Roles.Where(r => !PolicyRequest.IsPublic(r))];
        if (named.Length == 0)
        {
            return;
        }

        if (await FindMissingAsync(connection, named, cancellationToken).ConfigureAwait(false) is { } missing)
        {
            throw new TenantException(
                "RoleNotFound", TenantErrorKind.NotFound, $"There is no role '{missing}' on this server. Names are taken as they are: no quotes, no wildcards.")
            {
                Target = missing,
            };
        }

        var tenants = await TenantRoles.ReadAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        if (Array.Find(named, tenants.Contains) is { } shared)
        {
            throw new TenantException(
                "PolicyRoleIsTenants",
                TenantErrorKind.InvalidArgument,
                $"A policy cannot name the role '{shared}': tenants' logins belong to it, and any member of a role can drop the policies that name it (DROP OWNED BY). Leave -Role away, so that the policy holds for all, and say in the expression whom it is for.")
            {
                Target = shared,
            };
        }
    }

    private static async Task<string?> FindMissingAsync(NpgsqlConnection connection, string[] names, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select n from pg_catalog.unnest($1) n where not exists (select from pg_catalog.pg_roles r where r.rolname = n) limit 1", connection)
        {
            Parameters = { new NpgsqlParameter<string[]> { TypedValue = names } },
        };
        return (string?)await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
    }
}
