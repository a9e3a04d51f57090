using Npgsql;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Isolation;

/// <summary>How the server learns whose transaction it is; one class per mode and trust.</summary>
internal interface IIsolation
{
    /// <summary>What the sessions are safe against.</summary>
    TenantTrust Trust { get; }

    /// <summary>Gets ready what <see cref="Enter"/> needs (a key, the server's time). Costs a round trip the first time, and when a key is renewed.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    ValueTask PrepareAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The commands that make the transaction just begun one tenant's, sent ahead of its statements in the same pipeline.
    /// They fail with SQLSTATE <c>TN002</c> where there is no such tenant and <c>TN003</c> where it is closed.
    /// Each returns one row.
    /// </summary>
    /// <param name="connection">The connection that will run them: the context is signed for its backend.</param>
    /// <param name="tenant">Whose transaction it becomes.</param>
    IReadOnlyList<NpgsqlBatchCommand> Enter(NpgsqlConnection connection, TenantId tenant);
}
