namespace Tenants;

/// <summary>How far TLS is demanded and checked, by PostgreSQL's own names.</summary>
public enum TenantSslMode
{
    /// <summary>Never TLS.</summary>
    Disable,

    /// <summary>TLS only if the server insists.</summary>
    Allow,

    /// <summary>TLS if the server has it; the certificate is not checked.</summary>
    Prefer,

    /// <summary>TLS, but the certificate is not checked: whoever stands between can pose as the server.</summary>
    Require,

    /// <summary>TLS, with a certificate of a trusted authority, for whatever name.</summary>
    VerifyCA,

    /// <summary>TLS, with a certificate of a trusted authority for this very server. The default for servers elsewhere.</summary>
    VerifyFull,
}
