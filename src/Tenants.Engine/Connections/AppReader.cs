namespace Tenants.Engine.Connections;

/// <summary>
/// Reads an app login. Its password comes with its name and from nowhere else: a variable or a password file that holds the admin's
/// must never be sent as it. Nor does the environment make a service an admin by the way.
/// </summary>
internal static class AppReader
{
    /// <summary>The variable that holds the key.</summary>
    public const string KeyVariable = "TENANTS_KEY";

    private static readonly string[] s_loginVariables = ["POSTGRES_USER", "POSTGRES_PASSWORD", "PGUSER", "PGPASSWORD"];

    /// <summary>The login with its key.</summary>
    /// <exception cref="TenantException"><c>SettingMissing</c>, with all the ways to give the key.</exception>
    public static AppLogin Read(AppRequest request, Func<string, string?> environment)
    {
        // What was written into a file often ends with a line.
        var key = (request.Key ?? environment(KeyVariable))?.Trim();
        return string.IsNullOrEmpty(key)
            ? throw new TenantException(
                "SettingMissing",
                TenantErrorKind.InvalidArgument,
                $"The key of the app login '{request.UserName}' is not given. Give -Key (a SecureString) to Connect-TenantDatabase, or set {KeyVariable}. New-TenantLogin -App told it once; where it is lost, Reset-TenantKey makes another.")
            {
                Target = "Key",
            }
            : new AppLogin(request.UserName, string.IsNullOrEmpty(request.Password) ? null : request.Password, key);
    }

    /// <summary>The environment without an admin's login.</summary>
    public static Func<string, string?> WithoutLogin(Func<string, string?> environment) =>
        variable => s_loginVariables.Contains(variable, StringComparer.Ordinal) ? null : environment(variable);
}
