using Npgsql;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Connections.Pooler;

/// <summary>
/// Finds out how long a client keeps a backend: one client asks again and again who works for it, while others take backends in
/// transactions that they leave open. A backend that two clients had at one time, or a client that had two, is lent by the transaction.
/// </summary>
internal static class ModeProbe
{
    private const int Holders = 4;

    // Refused are transactions, by a pooler that lends a backend by the statement.
    private static readonly string[] s_refusals = [PostgresErrorCodes.ProtocolViolation, PostgresErrorCodes.FeatureNotSupported];

    // Who owns a backend is not kept waiting for one.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>The mode. <see cref="TenantPoolerMode.Session"/> also where there is no pooler at all.</summary>
    public static async Task<TenantPoolerMode> FindAsync(string connectionString, CancellationToken cancellationToken)
    {
        if (!await TakesTransactionsAsync(connectionString, cancellationToken).ConfigureAwait(false))
        {
            return TenantPoolerMode.Statement;
        }

        var holders = new List<ProbeClient>();
        var client = await ProbeClient.OpenAsync(connectionString, cancellationToken).ConfigureAwait(false);
        try
        {
            var process = await client.ProcessAsync(cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < Holders; i++)
            {
                if (await TryOpenAsync(connectionString, cancellationToken).ConfigureAwait(false) is not { } holder)
                {
                    break;
                }

                holders.Add(holder);
                var hold = holder.HoldAsync(cancellationToken);
                if (!await EndsInTimeAsync(hold, cancellationToken).ConfigureAwait(false))
                {
                    // No backend is free. If the client has one to itself, the holder gets it when the client goes.
                    await client.DisposeAsync().ConfigureAwait(false);
                    return await EndsInTimeAsync(hold, cancellationToken).ConfigureAwait(false) && await hold.ConfigureAwait(false) == process
                        ? TenantPoolerMode.Session
                        : throw Busy();
                }

                var ask = client.ProcessAsync(cancellationToken);
                if (await hold.ConfigureAwait(false) == process
                    || !await EndsInTimeAsync(ask, cancellationToken).ConfigureAwait(false)
                    || await ask.ConfigureAwait(false) != process)
                {
                    return TenantPoolerMode.Transaction;
                }
            }

            return TenantPoolerMode.Session;
        }
        finally
        {
            foreach (var holder in holders)
            {
                await holder.DisposeAsync().ConfigureAwait(false);
            }

            await client.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>No backend is free, so nothing can be learnt.</summary>
    internal static TenantException Busy() => new(
        "PoolerBusy",
        TenantErrorKind.Resource,
        "All backends that the pooler has for this login and database are in use, so nothing can be learnt of it. Run it again when they are not, or raise default_pool_size.");

    private static async Task<bool> TakesTransactionsAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var client = await ProbeClient.OpenAsync(connectionString, cancellationToken).ConfigureAwait(false);
        try
        {
            await client.HoldAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException e) when (s_refusals.Contains(e.SqlState))
        {
            return false;
        }
    }

    // The login may have a limit of connections, or the pooler.
    private static async Task<ProbeClient?> TryOpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        try
        {
            return await ProbeClient.OpenAsync(connectionString, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException)
        {
            return null;
        }
    }

    private static async Task<bool> EndsInTimeAsync(Task task, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(Patience, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            // Its connection is closed soon, and nobody hears of that.
            _ = task.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return false;
        }
    }
}
