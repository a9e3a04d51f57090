namespace Tenants.Engine.Errors;

/// <summary>What is known of the call that failed; each part may be missing.</summary>
internal sealed record ErrorContext
{
    /// <summary>Nothing is known.</summary>
    public static readonly ErrorContext None = new();

    /// <summary>Whose session it was.</summary>
    public string? Tenant { get; init; }

    /// <summary>The text that was sent, for the line and column of an error.</summary>
    public string? Sql { get; init; }

    /// <summary>The login, for the statement that grants what is missing.</summary>
    public string? Login { get; init; }

    /// <summary>The server is a read-only replica.</summary>
    public bool IsReplica { get; init; }

    /// <summary>How long the statement ran.</summary>
    public TimeSpan? Elapsed { get; init; }

    /// <summary>The limit that the server had for it; zero for none.</summary>
    public TimeSpan? Limit { get; init; }
}
