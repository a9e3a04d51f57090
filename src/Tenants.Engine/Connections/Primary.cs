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
            throw new TenantException(
                "ReadOnlyReplica", TenantErrorKind.InvalidState, $"The server {database.Server}:{database.Port} is a read-only replica (it is in recovery): nothing can be changed here. Connect to the primary.")
            {
                Target = database.Database,
            };
        }
    }
}
