namespace Tenants;

/// <summary>A connection and what lies behind it. Holds no secret.</summary>
public sealed record TenantDatabaseInfo
{
    /// <summary>The connection itself, for <c>-Connection</c>.</summary>
    public required TenantConnection Connection { get; init; }

    /// <summary>Cmdlets of this runspace take this connection unless told otherwise.</summary>
    public required bool IsCurrent { get; init; }

    /// <summary>Whether the server answers.</summary>
    public required TenantDatabaseState State { get; init; }

    /// <summary>The server's host name or address.</summary>
    public string Server => Connection.Server;

    /// <summary>The server's port.</summary>
    public int Port => Connection.Port;

    /// <summary>The database's name.</summary>
    public string Database => Connection.Database;

    /// <summary>The login.</summary>
    public string UserName => Connection.UserName;

    /// <summary>The schema in which unqualified names are looked up.</summary>
    public string Schema => Connection.Schema;

    /// <summary>The server's version.</summary>
    public Version ServerVersion => Connection.ServerVersion;

    /// <summary>What tenants' sessions over this connection are safe against.</summary>
    public TenantTrust Trust => Connection.Trust;

    /// <summary>How the server learns whose session it is; <c>None</c> where the database was not initialised.</summary>
    public IsolationMode IsolationMode { get; init; }

    /// <summary>The type of tenant identifiers; null where the database was not initialised.</summary>
    public TenantIdType? TenantType { get; init; }

    /// <summary>The version of what lies in the database; null where nothing does.</summary>
    public int? Stamp { get; init; }

    /// <summary>How many tables keep tenants apart; partitions count with their table.</summary>
    public int? Tables { get; init; }

    /// <summary>How many tenants there are; null where this login may not know.</summary>
    public long? Tenants { get; init; }

    /// <summary>How long a statement may run; zero for no limit.</summary>
    public TimeSpan StatementTimeout { get; init; }

    /// <summary>What is less than it should be, with the mend.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
