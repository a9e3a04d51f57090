namespace Tenants.Engine.Connections;

/// <summary>Only a primary can be changed.</summary>
internal static class Primary
{
    /// <summary>Refuses a replica before anything is read, let alone begun.</summary>
    /// <exception cref="TenantException"><c>ReadOnlyReplica</c>.</exception>
    public static void Ensure(TenantDatabase database)
    {
        if (database.Facts.IsReplica)
        {
            throw Refuse(database, "nothing can be changed here. Connect to the primary.");
        }
    }

    /// <summary>Refuses a replica where the admin's own login is to sign for tenants: its key would have to be made there.</summary>
    /// <exception cref="TenantException"><c>ReadOnlyReplica</c>.</exception>
    public static void EnsureForKey(TenantDatabase database)
    {
        if (database.Facts.IsReplica)
        {
            throw Refuse(
                database,
                "this login can be given no key here by which tenants' transactions are signed. Read as a tenant over an app login, whose key the primary has and this server knows: New-TenantLogin -App on the primary, then Connect-TenantDatabase -AppCredential -Key.");
        }
    }

    private static TenantException Refuse(TenantDatabase database, string what) => new(
        "ReadOnlyReplica", TenantErrorKind.InvalidState, $"The server {database.Server}:{database.Port} is a read-only replica (it is in recovery): {what}")
    {
        Target = database.Database,
    };
}
