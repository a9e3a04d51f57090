namespace Tenants;

/// <summary>The two parts of a rollout that a deployment can set apart.</summary>
public enum TenantRolloutPhase
{
    /// <summary>Column, default, trigger, rows and index: code that knows of no tenants goes on working.</summary>
    Prepare,

    /// <summary>NOT NULL, rights, policies and row security: from here on each session is a tenant's or the admin's.</summary>
    Enforce,
}
