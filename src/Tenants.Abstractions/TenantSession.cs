namespace Tenants;

/// <summary>One connection held for one tenant, as <c>New-TenantSession</c> returns it and <c>-Session</c> takes it.</summary>
public abstract class TenantSession
{
    /// <summary>Tells sessions of one process apart.</summary>
    public abstract int Id { get; }

    /// <summary>Whose session it is.</summary>
    public abstract string Tenant { get; }

    /// <summary>What it does, or can do.</summary>
    public abstract TenantSessionState State { get; }

    /// <summary>How many transactions are open in it: the first, and those nested in it.</summary>
    public abstract int TransactionDepth { get; }

    /// <summary>What it is safe against.</summary>
    public abstract TenantTrust Trust { get; }

    /// <summary>The connection that it came from.</summary>
    public abstract TenantConnection Connection { get; }

    /// <summary>The server process that works for it.</summary>
    public abstract int ProcessId { get; }

    /// <summary>When it was opened.</summary>
    public abstract DateTime OpenedAt { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Tenant} (session {Id} on {Connection})";
}
