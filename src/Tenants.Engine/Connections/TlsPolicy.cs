namespace Tenants.Engine.Connections;

/// <summary>Demands a verified server where somebody could stand between, unless the user says otherwise.</summary>
internal static class TlsPolicy
{
    /// <summary>Fills in the mode of TLS, and warns of one that verifies less than it should.</summary>
    public static void Apply(SettingSheet sheet, List<string> warnings)
    {
        CheckRootCertificate(sheet);
        var host = sheet.Find(SettingKeyword.Host)!;
        if (!sheet.Take(SettingKeyword.SslMode, out var text, out var source))
        {
            sheet.Offer(SettingKeyword.SslMode, DefaultOf(host).ToString(), "the default");
            return;
        }

        if (!Enum.TryParse<TenantSslMode>(text.Replace("-", "", StringComparison.Ordinal).Trim(), ignoreCase: true, out var mode) || !Enum.IsDefined(mode))
        {
            throw SettingSheet.Invalid(source, "is not a mode of TLS: disable, allow, prefer, require, verify-ca or verify-full");
        }

        sheet.Offer(SettingKeyword.SslMode, mode.ToString(), source);
        Warn(host, mode, source, warnings);
    }

    /// <summary>The mode for the admin's server, where that is another one; null for the same mode.</summary>
    /// <param name="host">The admin's server, or null for the same.</param>
    /// <param name="given">The mode that the user gave for both, or null.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="warnings">Takes a warning of one that verifies less than it should.</param>
    public static TenantSslMode? ForAdmin(string? host, TenantSslMode? given, string source, List<string> warnings)
    {
        if (host is null)
        {
            return null;
        }

        if (given is { } mode)
        {
            Warn(host, mode, source, warnings);
            return null;
        }

        return DefaultOf(host);
    }

    private static TenantSslMode DefaultOf(string host) => OwnMachine.Is(host) ? TenantSslMode.Prefer : TenantSslMode.VerifyFull;

    private static void Warn(string host, TenantSslMode mode, string source, List<string> warnings)
    {
        if (mode < TenantSslMode.VerifyFull && !OwnMachine.Is(host))
        {
            warnings.Add($"SslMode {mode} ({source}) does not verify that {host} is the server it says: {Consequence(mode)}. VerifyFull does; -RootCertificate names the authority to trust.");
        }
    }

    private static string Consequence(TenantSslMode mode) => mode switch
    {
        TenantSslMode.VerifyCA => "another server with a certificate of the same authority passes",
        TenantSslMode.Require => "who stands between can pose as it",
        _ => "who stands between can pose as it, and all may travel unencrypted",
    };

    private static void CheckRootCertificate(SettingSheet sheet)
    {
        // libpq's word for the authorities that the machine trusts, which is the default here.
        if (sheet.Find(SettingKeyword.RootCertificate) == "system")
        {
            sheet.Take(SettingKeyword.RootCertificate, out _, out _);
        }

        if (sheet.Find(SettingKeyword.RootCertificate) is { } file && !File.Exists(file))
        {
            throw SettingSheet.Invalid(sheet.SourceOf(SettingKeyword.RootCertificate), $"names a file that is not there: {file}");
        }
    }
}
