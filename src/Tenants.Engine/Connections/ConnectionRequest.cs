namespace Tenants.Engine.Connections;

/// <summary>What was asked for by name. What is null comes from the connection string, else from the environment.</summary>
public sealed record ConnectionRequest
{
    /// <summary>A connection string of Npgsql's or libpq's form, or a URI.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The server: a name, an address, or the folder of a Unix socket.</summary>
    public string? Server { get; init; }

    /// <summary>The port.</summary>
    public int? Port { get; init; }

    /// <summary>The database's name.</summary>
    public string? Database { get; init; }

    /// <summary>The login.</summary>
    public string? UserName { get; init; }

    /// <summary>The password.</summary>
    public string? Password { get; init; }

    /// <summary>How far TLS is demanded.</summary>
    public TenantSslMode? SslMode { get; init; }

    /// <summary>A file with the certificates of the authorities to trust.</summary>
    public string? RootCertificate { get; init; }

    /// <summary>How long a statement may run on the server, in seconds; zero for no limit.</summary>
    public int? StatementTimeout { get; init; }

    /// <summary>How long connecting may take, in seconds.</summary>
    public int? ConnectTimeout { get; init; }

    /// <summary>The schema in which unqualified names are looked up.</summary>
    public string? Schema { get; init; }

    /// <summary>The name of an entry in libpq's service file.</summary>
    public string? Service { get; init; }

    /// <summary>What tenants' sessions must be safe against.</summary>
    public TenantTrust Trust { get; init; }

    /// <summary>A server that lacks security fixes will do where sealed trust is demanded.</summary>
    public bool AllowOutdatedServer { get; init; }

    /// <summary>The app login that tenants' SQL runs as. Then an admin is who is named beside it, never who stands in the environment.</summary>
    public AppRequest? App { get; init; }

    /// <summary>The server that the admin's connections go to, where <see cref="Server"/> is a pooler.</summary>
    public string? AdminServer { get; init; }

    /// <summary>Its port.</summary>
    public int? AdminPort { get; init; }

    /// <summary>False where the environment has no say: the request is complete in itself.</summary>
    public bool UseEnvironment { get; init; } = true;

    /// <summary>What it is, and nothing of what it holds: that includes the password.</summary>
    public override string ToString() => nameof(ConnectionRequest);
}
