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
    public static async Task<TenantException> ExplainAsync(
        TenantException error, TenantDatabase database, Installation installation, CancellationToken cancellationToken)
    {
        if (error.SqlState is not "28000")
        {
            return error;
        }

        HbaOrigin origin;
        try
        {
            origin = await HbaOrigin.AskAsync(database, cancellationToken).ConfigureAwait(false);
        }
        catch (TenantException)
        {
            // Then the admin is let in no more either, and the first error says enough.
            return error;
        }

        var line = origin.LineForMembers(database.Database, installation.SessionRole);
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
