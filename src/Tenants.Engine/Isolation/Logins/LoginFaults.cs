using Tenants.Engine.Connections;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>What goes wrong with a login that the module made for itself.</summary>
internal static class LoginFaults
{
    /// <summary>True where another login may do better: this one vanished, or a tenant's SQL altered it.</summary>
    public static bool IsWorthAnother(TenantException error) =>
        error.ErrorId is "AuthenticationFailed" or "LoginAltered" || (error.SqlState is not null && s_broken.Contains(error.SqlState));

    // What settings of its own can do to a login, before anything can be put right: a library that is not there, limits of next to nothing.
    private static readonly HashSet<string> s_broken = new(StringComparer.Ordinal) { "58P01", "57014", "57P05", "25P03", "25P04", "25006", "55P03", "22023", "42501" };

    /// <summary>The error with what to do about it.</summary>
    public static TenantException Explain(TenantException error, TenantDatabase database, Installation installation)
    {
        if (error.SqlState is not "28000")
        {
            return error;
        }

        var role = installation.SessionRole;
        var member = role.All(c => c is '_' or (>= 'a' and <= 'z') or (>= '0' and <= '9')) ? $"+{role}" : $"\"+{role.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        var line = database.Server.StartsWith('/')
            ? $"local {database.Database} {member} scram-sha-256"
            : $"hostssl (with TLS) or host {database.Database} {member} <this machine's address> scram-sha-256";
        return new TenantException(
            "LoginRefused",
            TenantErrorKind.Authentication,
            $"The server lets in the admin, and not the logins that a sealed connection makes for tenants' SQL. Have a DBA add this line to pg_hba.conf, above lines that would catch it, and reload (select pg_reload_conf()): {line}. A service can also use an app login of a fixed name: New-TenantLogin -App.",
            error)
        {
            SqlState = error.SqlState,
            Target = database.Database,
        };
    }
}
