using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Isolation;

/// <summary>
/// How the server learns whose transaction it is, and over which login tenants' SQL runs; one class per mode and trust.
/// Disposed of, it leaves no login behind that it made.
/// </summary>
internal interface IIsolation : IAsyncDisposable
{
    /// <summary>What the sessions are safe against.</summary>
    TenantTrust Trust { get; }

    /// <summary>How its connections are brought back to what they were.</summary>
    ConnectionReset Reset { get; }

    /// <summary>Gets ready what <see cref="Enter"/> needs (a login, a key, the server's time). Costs a round trip the first time, and when something is renewed.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    ValueTask PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Lends a connection on which <see cref="Enter"/> may run; <see cref="PrepareAsync"/> comes first.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The commands that make the transaction just begun one tenant's, sent ahead of its statements in the same pipeline.
    /// They fail with SQLSTATE <c>TN001</c> where the login or key is no longer good, <c>TN002</c> where there is no such tenant,
    /// <c>TN003</c> where it is closed and <c>TN004</c> where the clock was misjudged. Each returns one row.
    /// </summary>
    /// <param name="connection">The connection that will run them.</param>
    /// <param name="tenant">Whose transaction it becomes.</param>
    IReadOnlyList<NpgsqlBatchCommand> Enter(NpgsqlConnection connection, TenantId tenant);

    /// <summary>Replaces what the server refused, so that one more try is worth it.</summary>
    /// <param name="connection">The connection on which it was refused.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>False where there is nothing to replace.</returns>
    ValueTask<bool> RenewAsync(NpgsqlConnection connection, CancellationToken cancellationToken);

    /// <summary>Has the server end a backend whose statement obeys neither its limit nor a cancel.</summary>
    /// <param name="backend">The backend.</param>
    /// <returns>True if it is gone.</returns>
    Task<bool> TerminateAsync(Backend backend);

    /// <summary>The isolation of a session that holds its connection for one tenant; the session disposes of it if it is another one than this.</summary>
    /// <param name="tenant">Whose session it becomes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    ValueTask<IIsolation> ForSessionAsync(TenantId tenant, CancellationToken cancellationToken);
}
