using System.Globalization;
using Npgsql;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Connections.Pooler;

/// <summary>
/// Marks a backend over one client, looks for the marks over others that come to the same backend, and takes them away. Between
/// the first mark and the last look it cannot be cut: it ends within seconds, and whatever happens looks for its marks.
/// </summary>
/// <param name="source">Where clients come from.</param>
/// <param name="mode">How long a client keeps a backend.</param>
internal sealed class CrossingProbe(NpgsqlDataSource source, TenantPoolerMode mode)
{
    private const int Clients = 6;

    // A backend that another client has just left may still be cleaned.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>What of the marks another client found; null if none came to the same backend, which is still there.</summary>
    public async Task<IReadOnlyList<TenantPoolerCrossing>?> RunAsync(IReadOnlyList<ProbeMark> marks)
    {
        IReadOnlyList<TenantPoolerCrossing>? found = null;
        var process = 0;
        try
        {
            process = await LeaveAsync(marks).ConfigureAwait(false);
            return found = await LookAsync(marks, process).ConfigureAwait(false);
        }
        finally
        {
            if (found is null && process != 0)
            {
                await EndIdleAsync(process).ConfigureAwait(false);
            }
        }
    }

    // In one pipeline: a pooler of any mode runs that on one backend, and what fails in it leaves nothing.
    private async Task<int> LeaveAsync(IReadOnlyList<ProbeMark> marks)
    {
        await using var client = await ProbeClient.OpenAsync(source, CancellationToken.None).ConfigureAwait(false);
        var row = await client.RowAsync(
            CancellationToken.None, ["begin read write", .. marks.Select(m => m.Set), ProbeClient.AskProcess, "commit"]).ConfigureAwait(false);
        return (int)row[0];
    }

    private async Task<IReadOnlyList<TenantPoolerCrossing>?> LookAsync(IReadOnlyList<ProbeMark> marks, int process)
    {
        var clients = new List<ProbeClient>();
        try
        {
            while (clients.Count < Clients && await TryComeAsync().ConfigureAwait(false) is { } client)
            {
                clients.Add(client);
                var row = await client.RowAsync(CancellationToken.None, Look(marks, process)).ConfigureAwait(false);
                if ((int)row[0] == process)
                {
                    var found = marks.Where((_, i) => (bool)row[i + 2]).ToList();
                    return await TryClearAsync(client, found, process).ConfigureAwait(false) ? [.. found.Select(m => m.Kind).Order()] : null;
                }

                if (!(bool)row[1])
                {
                    return [];
                }
            }

            return null;
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    // A client with a transaction that stays open, so that the next gets another backend, and what is found is taken away on this one.
    private async Task<ProbeClient?> TryComeAsync()
    {
        await Task.Delay(Pause).ConfigureAwait(false);
        ProbeClient? client = null;
        try
        {
            client = await ProbeClient.OpenAsync(source, CancellationToken.None).ConfigureAwait(false);
            if (mode != TenantPoolerMode.Statement)
            {
                await client.HoldAsync(CancellationToken.None).ConfigureAwait(false);
            }

            return client;
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            // No further one gets a backend.
            if (client is not null)
            {
                await client.DisposeAsync().ConfigureAwait(false);
            }

            return null;
        }
    }

    // One row: the backend, whether the marked one is still there, and which marks lie in this one.
    private static string Look(IReadOnlyList<ProbeMark> marks, int process) =>
        $"select pg_catalog.pg_backend_pid(), exists (select from pg_catalog.pg_stat_activity a where a.pid = {Number(process)}), {string.Join(", ", marks.Select(m => m.Find))}";

    private async Task<bool> TryClearAsync(ProbeClient client, List<ProbeMark> marks, int process)
    {
        if (marks.Count == 0)
        {
            return true;
        }

        // In statement mode this may be another backend by now. There the division fails, and nothing else runs.
        IEnumerable<string> clear = [$"select 1 / (pg_catalog.pg_backend_pid() = {Number(process)})::int", .. marks.Select(m => m.Clear)];
        try
        {
            await client.RowAsync(
                CancellationToken.None, mode == TenantPoolerMode.Statement ? ["begin read write", .. clear, "commit"] : clear).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DivisionByZero)
        {
            return false;
        }
    }

    // Marks that cannot be reached go with their backend, where that works for nobody. A pooler opens another.
    private async Task EndIdleAsync(int process)
    {
        try
        {
            await using var client = await ProbeClient.OpenAsync(source, CancellationToken.None).ConfigureAwait(false);
            await client.RowAsync(
                CancellationToken.None,
                $"select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a where a.pid = {Number(process)} and a.usename = session_user and a.state = 'idle' and a.pid <> pg_catalog.pg_backend_pid()").ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            // Nothing is left to try.
        }
    }

    private static string Number(int process) => process.ToString(CultureInfo.InvariantCulture);
}
