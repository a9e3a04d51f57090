using System.Globalization;
using Npgsql;

namespace Tenants.Engine.Connections;

/// <summary>
/// Reads connection settings from where people keep them. What is given by name wins, then the connection string, then the
/// environment: <c>POSTGRES_…</c>, a service, libpq's <c>PG…</c>, the password file.
/// </summary>
public static class SettingsReader
{
    private const string DefaultPort = "5432";
    private const string ServiceVariable = "PGSERVICE";

    /// <summary>Settings from the environment alone.</summary>
    /// <param name="trust">What tenants' sessions must be safe against.</param>
    /// <exception cref="TenantException"><c>SettingMissing</c>, naming it and all the ways to give it; <c>InvalidSetting</c>.</exception>
    public static ConnectionSettings FromEnvironment(TenantTrust trust = TenantTrust.Scoped) => Read(new ConnectionRequest { Trust = trust });

    /// <summary>Settings as asked for; the environment fills the rest.</summary>
    /// <param name="request">What was asked for.</param>
    /// <exception cref="TenantException"><c>SettingMissing</c>, naming it and all the ways to give it; <c>InvalidSetting</c>; <c>ServiceNotFound</c>.</exception>
    public static ConnectionSettings Read(ConnectionRequest request) => Read(request, Environment.GetEnvironmentVariable);

    internal static ConnectionSettings Read(ConnectionRequest request, Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(request);
        var sheet = Collect(request, environment);
        Require(sheet, SettingKeyword.Host, "The server", "-Server", "POSTGRES_SERVER", "PGHOST");
        Require(sheet, SettingKeyword.Database, "The database", "-Database", "POSTGRES_DB", "PGDATABASE");
        var app = request.App is { } wanted ? AppReader.Read(wanted, environment) : null;
        var hasAdmin = app is null || sheet.Find(SettingKeyword.Username) is not null;
        if (!hasAdmin)
        {
            // A password without a login is nobody's.
            sheet.Take(SettingKeyword.Password, out _, out _);
            sheet.Offer(SettingKeyword.Username, app!.UserName, "-AppCredential");
            CheckAdminServer(request);
        }

        Require(sheet, SettingKeyword.Username, "The login", "-Credential, -UserName or -AppCredential", "POSTGRES_USER", "PGUSER");
        sheet.Offer(SettingKeyword.Port, DefaultPort, "the default port");

        var warnings = new List<string>();
        CheckPort(sheet);
        var isTlsGiven = sheet.Find(SettingKeyword.SslMode) is not null;
        var tlsSource = sheet.SourceOf(SettingKeyword.SslMode);
        TlsPolicy.Apply(sheet, warnings);
        var tls = isTlsGiven ? Enum.Parse<TenantSslMode>(sheet.Find(SettingKeyword.SslMode)!) : (TenantSslMode?)null;
        var timeout = sheet.TakeSeconds(SettingKeyword.StatementTimeout);

        // Npgsql's own limit is not used; who sets it means this one.
        timeout ??= sheet.TakeSeconds(SettingKeyword.CommandTimeout);
        sheet.Take(SettingKeyword.CommandTimeout, out _, out _);
        var schema = request.Schema ?? TakeSearchPath(sheet);
        sheet.Take(SettingKeyword.Passfile, out var passfile, out _);
        var builder = sheet.ToBuilder();
        UsePasswordFile(builder, hasAdmin ? PasswordFile.Find(passfile, environment) : null, warnings, request);
        return new ConnectionSettings(builder)
        {
            Schema = schema ?? "public",
            StatementTimeout = timeout,
            Trust = request.Trust,
            AllowOutdatedServer = request.AllowOutdatedServer,
            App = app,
            HasAdmin = hasAdmin,
            AdminServer = request.AdminServer,
            AdminPort = request.AdminPort,
            AdminSslMode = TlsPolicy.ForAdmin(request.AdminServer, tls, tlsSource, warnings),
            Warnings = warnings,
        };
    }

    private static SettingSheet Collect(ConnectionRequest request, Func<string, string?> environment)
    {
        var sheet = new SettingSheet();
        sheet.Offer(SettingKeyword.Host, request.Server, "-Server");
        sheet.Offer(SettingKeyword.Port, request.Port?.ToString(CultureInfo.InvariantCulture), "-Port");
        sheet.Offer(SettingKeyword.Database, request.Database, "-Database");
        sheet.Offer(SettingKeyword.Username, request.UserName, "-UserName");
        sheet.Offer(SettingKeyword.Password, request.Password, "-Credential");
        sheet.Offer(SettingKeyword.SslMode, request.SslMode?.ToString(), "-SslMode");
        sheet.Offer(SettingKeyword.RootCertificate, request.RootCertificate, "-RootCertificate");
        sheet.Offer(SettingKeyword.StatementTimeout, request.StatementTimeout?.ToString(CultureInfo.InvariantCulture), "-StatementTimeout");
        sheet.Offer(SettingKeyword.Timeout, request.ConnectTimeout?.ToString(CultureInfo.InvariantCulture), "-ConnectTimeout");
        sheet.Offer(SettingKeyword.Service, request.Service, "-Service");
        if (request.ConnectionString is { } text)
        {
            ConnectionText.Read(text, sheet);
        }

        // Beside an app login the environment names no admin: a service that was given one credential runs with that one.
        var isAppAlone = request.App is not null && sheet.Find(SettingKeyword.Username) is null;
        if (isAppAlone)
        {
            environment = AppReader.WithoutLogin(environment);
        }

        if (request.UseEnvironment)
        {
            ConnectionEnvironment.ReadOwn(environment, sheet);
            sheet.Offer(SettingKeyword.Service, environment(ServiceVariable), ServiceVariable);
        }

        // As in libpq a service counts more than a variable.
        if (sheet.Take(SettingKeyword.Service, out var service, out var source))
        {
            ServiceFile.Read(service, source, environment, sheet);
            if (isAppAlone && source == ServiceVariable)
            {
                sheet.Take(SettingKeyword.Username, out _, out _);
                sheet.Take(SettingKeyword.Password, out _, out _);
            }
        }

        if (request.UseEnvironment)
        {
            ConnectionEnvironment.ReadLibpq(environment, sheet);
        }

        return sheet;
    }

    private static void Require(SettingSheet sheet, string keyword, string what, string parameter, string own, string libpq)
    {
        if (sheet.Find(keyword) is null)
        {
            throw new TenantException(
                "SettingMissing",
                TenantErrorKind.InvalidArgument,
                $"{what} to connect to is not given. Give {parameter} to Connect-TenantDatabase, or -ConnectionString (also a URI postgresql://…), or set {own} or {libpq}, or name a service by -Service or PGSERVICE. Start-TenantSandbox | Connect-TenantDatabase needs none of them.")
            {
                Target = keyword,
            };
        }
    }

    private static void CheckAdminServer(ConnectionRequest request)
    {
        if (request.AdminServer is not null || request.AdminPort is not null)
        {
            throw new TenantException(
                "SettingMissing",
                TenantErrorKind.InvalidArgument,
                "-AdminServer and -AdminPort say where the admin's connections go, and no admin is given: beside -AppCredential it is taken from -Credential, -UserName, the connection string or -Service, not from the environment.")
            {
                Target = SettingKeyword.Username,
            };
        }
    }

    private static void CheckPort(SettingSheet sheet)
    {
        // With several hosts each has its own.
        if (!int.TryParse(sheet.Find(SettingKeyword.Port), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
        {
            throw SettingSheet.Invalid(sheet.SourceOf(SettingKeyword.Port), "is not a port: a number from 1 to 65535");
        }
    }

    private static string? TakeSearchPath(SettingSheet sheet)
    {
        if (!sheet.Take(SettingKeyword.SearchPath, out var path, out var source))
        {
            return null;
        }

        return path.Contains(',', StringComparison.Ordinal)
            ? throw SettingSheet.Invalid(source, "names several schemas. Name one, by -Schema: unqualified names are looked up in it, then in public")
            : path.Trim().Trim('"');
    }

    private static void UsePasswordFile(NpgsqlConnectionStringBuilder builder, string? file, List<string> warnings, ConnectionRequest request)
    {
        // Npgsql would read the file by rules of its own, and never minds who else may read it.
        builder.Passfile = OperatingSystem.IsWindows() ? null : "/dev/null";
        if (file is null || !string.IsNullOrEmpty(builder.Password))
        {
            return;
        }

        if (PasswordFile.WhyNot(file) is { } reason)
        {
            warnings.Add(reason);
            return;
        }

        builder.Password = PasswordFile.FindPassword(file, request.AdminServer ?? builder.Host!, request.AdminPort ?? builder.Port, builder.Database!, builder.Username!);
    }
}
