namespace Tenants.Engine.Errors;

/// <summary>Calls that ask the server, at the engine's surface: what the driver throws does not get past it.</summary>
internal static class ServerCall
{
    /// <summary>Makes a call.</summary>
    /// <exception cref="TenantException">What the server or the connection reported.</exception>
    public static async Task<T> RunAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            throw ServerErrors.Translate(e);
        }
    }
}
