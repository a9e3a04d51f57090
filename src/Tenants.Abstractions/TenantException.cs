namespace Tenants;

/// <summary>
/// The one exception of this module. It never carries a secret or a parameter's value: neither in its message nor in its data.
/// </summary>
public class TenantException : Exception
{
    /// <summary>Makes an exception that says what happened, to what, and what to do next.</summary>
    /// <param name="errorId">A stable PascalCase noun, such as <c>TenantNotFound</c>; it becomes PowerShell's error id.</param>
    /// <param name="kind">The sort of failure.</param>
    /// <param name="message">A message that stands alone and names the next step.</param>
    /// <param name="innerException">The cause, if it is worth keeping. Never an exception of the database driver: scripts cannot name its type.</param>
    public TenantException(string errorId, TenantErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        ErrorId = errorId;
        Kind = kind;
    }

    /// <summary>A stable PascalCase noun that names the failure, such as <c>TenantNotFound</c>.</summary>
    public string ErrorId { get; }

    /// <summary>The sort of failure.</summary>
    public TenantErrorKind Kind { get; }

    /// <summary>The server's five-character SQLSTATE, where the server reported the failure.</summary>
    public string? SqlState { get; init; }

    /// <summary>The server's own further detail. Left out where it would quote a row's values.</summary>
    public string? Detail { get; init; }

    /// <summary>The server's own hint.</summary>
    public string? Hint { get; init; }

    /// <summary>The constraint that was violated, where the server named one.</summary>
    public string? Constraint { get; init; }

    /// <summary>The table concerned, qualified where the schema is known.</summary>
    public string? Table { get; init; }

    /// <summary>The tenant concerned.</summary>
    public string? Tenant { get; init; }

    /// <summary>What the failed call was about (a table, a tenant, a server), for PowerShell's target object.</summary>
    public object? Target { get; init; }
}
