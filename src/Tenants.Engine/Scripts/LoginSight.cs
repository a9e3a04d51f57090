using Npgsql;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Scripts;

/// <summary>As the login that is to run the script.</summary>
/// <param name="login">The login, where the connected one acts as it; null where it is the connected one.</param>
/// <param name="isSuperuser">The connected one is a superuser, and can begin the session anew as another: RESET ROLE does not lead back to him then.</param>
internal sealed class LoginSight(string? login, bool isSuperuser) : ISight
{
    /// <inheritdoc/>
    public string? Return => login is null ? null : $"set local {(isSuperuser ? "session authorization" : "role")} {Quote.Identifier(login)}";

    /// <inheritdoc/>
    public bool DemandsAllRows => false;

    /// <inheritdoc/>
    public async Task EnterAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (Return is { } enter)
        {
            await ScriptSession.ExecuteAsync(connection, enter, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task RenewAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => Task.CompletedTask;
}
