namespace Tenants.Engine.Connections;

/// <summary>Demands a verified server where somebody could stand between, unless the user says otherwise.</summary>
internal static class TlsPolicy
{
    /// <summary>Fills in the mode of TLS, and warns of one that verifies less than it should.</summary>
    public static void Apply(SettingSheet sheet, List<string> warnings)
    {
        CheckRootCertificate(sheet);
        var host = sheet.Find(SettingKeyword.Host)!;
        var isElsewhere = !OwnMachine.Is(host);
        if (!sheet.Take(SettingKeyword.SslMode, out var text, out var source))
        {
            sheet.Offer(SettingKeyword.SslMode, (isElsewhere ? TenantSslMode.VerifyFull : TenantSslMode.Prefer).ToString(), "the default");
            return;
        }

        if (!Enum.TryParse<TenantSslMode>(text.Replace("-", "", StringComparison.Ordinal).Trim(), ignoreCase: true, out var mode) || !Enum.IsDefined(mode))
        {
            throw SettingSheet.Invalid(source, "is not a mode of TLS: disable, allow, prefer, require, verify-ca or verify-full");
        }

        sheet.Offer(SettingKeyword.SslMode, mode.ToString(), source);
        if (isElsewhere && mode < TenantSslMode.VerifyFull)
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
