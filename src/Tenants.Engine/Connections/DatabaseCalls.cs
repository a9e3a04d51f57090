using Npgsql;

namespace Tenants.Engine.Connections;

/// <summary>Short work on a connection of a database.</summary>
internal static class DatabaseCalls
{
    /// <summary>Lends a connection for one piece of work, and turns what the driver throws into an error of ours.</summary>
    /// <exception cref="TenantException">The server cannot be reached, or refused something.</exception>
    public static Task<T> AskAsync<T>(
        this TenantDatabase database, Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken) =>
        database.UseAsync(work, cancellationToken);
}
