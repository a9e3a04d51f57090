using Npgsql;
using Tenants.Engine.Connections;

namespace Tenants.Engine.Scripts;

/// <summary>The login that is to run a script, and the two ways in which the test runs it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="AsLogin">As it.</param>
/// <param name="AllRows">With all rows in sight.</param>
/// <param name="Warnings">What the user should hear.</param>
internal sealed record ScriptLogin(string Name, ISight AsLogin, ISight AllRows, IReadOnlyList<string> Warnings)
{
    /// <summary>Reads who it is.</summary>
    /// <exception cref="TenantException"><c>RoleNotFound</c>, <c>RoleRefused</c>.</exception>
    public static async Task<ScriptLogin> ReadAsync(NpgsqlConnection connection, TenantDatabase database, ScriptRequest request, CancellationToken cancellationToken)
    {
        var facts = database.Facts;
        var name = request.Login ?? facts.SessionUser;
        var (seesAll, mayAct) = await FindAsync(connection, name, cancellationToken).ConfigureAwait(false)
            ?? throw new TenantException("RoleNotFound", TenantErrorKind.NotFound, $"There is no role '{name}' on the server. Roles are named to the letter.") { Target = name };
        if (request.Password is null && !mayAct)
        {
            throw new TenantException(
                "RoleRefused",
                TenantErrorKind.PermissionDenied,
                $"'{facts.SessionUser}' may not act as '{name}' (SET ROLE). Give that login's own password: -Credential; or have a DBA make '{facts.SessionUser}' a member of it.")
            {
                Target = name,
            };
        }

        var actsAs = request.Password is null && name != facts.SessionUser ? name : null;
        return new ScriptLogin(
            name,
            new LoginSight(actsAs, facts.IsSuperuser),
            facts.IsSuperuser ? new LentSight(name, name == facts.SessionUser) : new OwnerSight(facts.BypassesRls),
            seesAll ? [$"No policy binds '{name}', so nothing was to be found. Name the login that is to run the script: -Login or -Credential."] : []);
    }

    private static async Task<(bool SeesAll, bool MayAct)?> FindAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        // From 16 on a membership may come without the right to SET ROLE.
        var kind = connection.PostgreSqlVersion.Major >= Sql.RoleGrant.GrantOptions ? "SET" : "MEMBER";
        await using var command = new NpgsqlCommand(
            $"select r.rolsuper or r.rolbypassrls, pg_catalog.pg_has_role(session_user, r.oid, '{kind}') from pg_catalog.pg_roles r where r.rolname = $1", connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = name } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? (reader.GetBoolean(0), reader.GetBoolean(1)) : null;
    }
}
