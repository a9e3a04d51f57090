namespace Tenants;

/// <summary>A connection to a database, as <c>Connect-TenantDatabase</c> returns it and <c>-Connection</c> takes it. Holds no secret that can be read.</summary>
public abstract class TenantConnection
{
    /// <summary>Tells connections of one process apart.</summary>
    public abstract int Id { get; }

    /// <summary>The server's host name or address.</summary>
    public abstract string Server { get; }

    /// <summary>The server's port.</summary>
    public abstract int Port { get; }

    /// <summary>The database's name.</summary>
    public abstract string Database { get; }

    /// <summary>The login.</summary>
    public abstract string UserName { get; }

    /// <summary>The schema in which unqualified names are looked up.</summary>
    public abstract string Schema { get; }

    /// <summary>The server's version.</summary>
    public abstract Version ServerVersion { get; }

    /// <summary>What tenants' sessions over this connection are safe against.</summary>
    public abstract TenantTrust Trust { get; }

    /// <summary>False once it was disconnected.</summary>
    public abstract bool IsOpen { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{UserName}@{Server}:{Port}/{Database}";
}
