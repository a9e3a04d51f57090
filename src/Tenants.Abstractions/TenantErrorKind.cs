namespace Tenants;

/// <summary>What sort of failure a <see cref="TenantException"/> is; the cmdlets map it to PowerShell's error category.</summary>
public enum TenantErrorKind
{
    /// <summary>The value that was given cannot be used.</summary>
    InvalidArgument,

    /// <summary>What was named does not exist.</summary>
    NotFound,

    /// <summary>What was to be made exists already.</summary>
    AlreadyExists,

    /// <summary>The server or the isolation refused it for want of a right.</summary>
    PermissionDenied,

    /// <summary>The login was refused.</summary>
    Authentication,

    /// <summary>The server could not be reached, or the connection broke.</summary>
    Connection,

    /// <summary>A time limit ran out.</summary>
    Timeout,

    /// <summary>It was stopped by the user.</summary>
    Stopped,

    /// <summary>What is there does not allow it now.</summary>
    InvalidState,

    /// <summary>The data does not fit: a constraint, a type, a value.</summary>
    InvalidData,

    /// <summary>The SQL text is wrong.</summary>
    Syntax,

    /// <summary>Disk, memory or connections ran out.</summary>
    Resource,

    /// <summary>The server or this module does not support it.</summary>
    NotSupported,

    /// <summary>Anything else that the server reported.</summary>
    Server,
}
