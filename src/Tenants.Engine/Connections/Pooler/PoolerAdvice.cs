namespace Tenants.Engine.Connections.Pooler;

/// <summary>The settings of a pooler to change, with the reason. The names are PgBouncer's; other poolers have the like.</summary>
internal static class PoolerAdvice
{
    /// <summary>What to change, the most important first; empty where all is well.</summary>
    public static IReadOnlyList<string> For(
        TenantPoolerMode mode,
        TenantPoolerUse use,
        TenantStartupOptions options,
        IReadOnlyList<TenantPoolerCrossing> crossings,
        bool isUndecided,
        string? refusedParameter)
    {
        var advice = new List<string>();
        var what = string.Join(", ", crossings);
        switch (mode)
        {
            case TenantPoolerMode.Statement:
                advice.Add("pool_mode = transaction: in statement mode transactions are refused, and this module works in them.");
                break;
            case TenantPoolerMode.Transaction when crossings.Count > 0:
                advice.Add($"server_reset_query_always = 1: unless told, PgBouncer cleans nothing between two transactions, and what one client leaves ({what}) the next one has. Or pool_mode = session. Tenants' SQL over an app login is cleaned by this module itself; other clients of the same login and database are not.");
                break;
            case TenantPoolerMode.Session when crossings.Count > 0:
                advice.Add($"server_reset_query = DISCARD ALL: what one client leaves when it disconnects ({what}) the next one has.");
                break;
        }

        if (isUndecided)
        {
            advice.Add("No second client came to the backend that the first had marked: others use the pooler too, or it has many backends. Run it again when it is quiet.");
        }

        if (options == TenantStartupOptions.Refused)
        {
            advice.Add($"ignore_startup_parameters = {refusedParameter ?? "options"} (added to what stands there): clients that ask for settings when they connect, by PGOPTIONS or as this module does, are refused. It lets them in without those settings.");
        }

        if (use == TenantPoolerUse.AppLogin)
        {
            advice.Add("Connect-TenantDatabase -AppCredential for tenants' SQL through the pooler, with -AdminServer for what the admin does: straight to PostgreSQL.");
        }

        return advice;
    }
}
