namespace Tenants;

/// <summary>Whether the server of a <see cref="TenantSandbox"/> runs.</summary>
public enum TenantSandboxState
{
    /// <summary>It runs.</summary>
    Running,

    /// <summary>It was stopped, and its data are gone.</summary>
    Stopped,

    /// <summary>It ended without being stopped; stopping the sandbox removes what is left of it.</summary>
    Crashed,
}
