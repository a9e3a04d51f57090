namespace Tenants.Testing;

/// <summary>The ways to a server that pg_hba.conf tells apart.</summary>
public enum HbaRoute
{
    /// <summary>TCP without encryption.</summary>
    Network,

    /// <summary>TCP with TLS.</summary>
    Tls,

    /// <summary>A Unix socket.</summary>
    Socket,
}
