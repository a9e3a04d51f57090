namespace Tenants.Testing;

/// <summary>How a <see cref="PgBouncer"/> is set up. Unless told otherwise: as Debian's package comes, with SCRAM.</summary>
public sealed record PgBouncerOptions
{
    /// <summary>When a backend goes back to the pool.</summary>
    public TenantPoolerMode Mode { get; init; } = TenantPoolerMode.Transaction;

    /// <summary>How many backends there are for one login and database.</summary>
    public int PoolSize { get; init; } = 20;

    /// <summary>Startup parameters that are dropped without a word; others, unless known to PgBouncer, end the connection.</summary>
    public string IgnoreStartupParameters { get; init; } = "";

    /// <summary>What cleans a backend that goes back to the pool, in session mode.</summary>
    public string ServerResetQuery { get; init; } = "DISCARD ALL";

    /// <summary>Whether that runs in the other modes too.</summary>
    public bool ServerResetQueryAlways { get; init; }

    /// <summary>Anyone is let in as whom he says he is. Else SCRAM, with the verifiers of the server itself.</summary>
    public bool TrustsClients { get; init; }

    /// <summary>Whether it listens at a Unix socket in place of a loopback port.</summary>
    public bool UsesUnixSocket { get; init; }

    /// <summary>Further lines of its settings.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];
}
