namespace Tenants;

/// <summary>What two marked sessions found of the pooler between here and the server.</summary>
public sealed record TenantPoolerReport
{
    /// <summary>What was connected to: the pooler, where there is one.</summary>
    public required string Server { get; init; }

    /// <summary>Its port.</summary>
    public required int Port { get; init; }

    /// <summary>The database.</summary>
    public required string Database { get; init; }

    /// <summary>The login.</summary>
    public required string UserName { get; init; }

    /// <summary>The version of the server behind.</summary>
    public required Version ServerVersion { get; init; }

    /// <summary>How long a client keeps one backend of the server to itself.</summary>
    public required TenantPoolerMode Mode { get; init; }

    /// <summary>What becomes of startup options.</summary>
    public required TenantStartupOptions StartupOptions { get; init; }

    /// <summary>What one client left and the next had: empty where nothing crosses.</summary>
    public required IReadOnlyList<TenantPoolerCrossing> Crossings { get; init; }

    /// <summary>What could not be tried: the login may not, or the server is a replica, or no second client came to the same backend.</summary>
    public required IReadOnlyList<TenantPoolerCrossing> NotChecked { get; init; }

    /// <summary>How this module works there.</summary>
    public required TenantPoolerUse Use { get; init; }

    /// <summary>The settings to change, with the reason; by PgBouncer's names.</summary>
    public required IReadOnlyList<string> Advice { get; init; }
}
