using System.Management.Automation;
using Tenants.Engine.Connections;

namespace Tenants.Hosting;

/// <summary>Whether a call may run tenants' SQL over nothing less than sealed trust: its <c>-RequireSealed</c>, else the script's preference.</summary>
internal static class SealedNeed
{
    private const string Parameter = "RequireSealed";

    /// <summary>What the call demands; <c>-RequireSealed:$false</c> demands nothing, whatever the script prefers.</summary>
    /// <exception cref="TenantException"><c>InvalidPreference</c>.</exception>
    public static TenantTrust Of(PSCmdlet cmdlet)
    {
        if (!cmdlet.MyInvocation.BoundParameters.TryGetValue(Parameter, out var bound))
        {
            return TrustPreference.Read(cmdlet.SessionState);
        }

        return ((SwitchParameter)bound).IsPresent ? TenantTrust.Sealed : TenantTrust.Scoped;
    }

    /// <summary>Fails before anything is sent.</summary>
    /// <exception cref="TenantException"><c>SealedRequired</c>; <c>ServerOutdated</c>.</exception>
    public static void Check(TenantTrust wanted, TenantDatabase database)
    {
        if (wanted == TenantTrust.Sealed)
        {
            SealedDemand.Check(database);
        }
    }

    /// <summary>Fails before anything is sent.</summary>
    /// <exception cref="TenantException"><c>SealedRequired</c>; <c>ServerOutdated</c>.</exception>
    public static void Check(TenantTrust wanted, TenantSession session)
    {
        if (wanted == TenantTrust.Sealed)
        {
            SealedDemand.Check(session);
        }
    }
}
