using System.Globalization;
using Npgsql;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Connections.Pooler;

/// <summary>
/// Marks a backend over one client, looks for the marks over others that come to the same backend, and takes them away. Between
/// the first mark and the last look it cannot be cut: it ends within seconds, and whatever happens looks for its marks.
/// </summary>
/// <param name="connectionString">The connection string of a client.</param>
/// <param name="mode">How long a client keeps a backend.</param>
internal sealed class CrossingProbe(string connectionString, TenantPoolerMode mode)
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
        await using var client = await ProbeClient.OpenAsync(connectionString, CancellationToken.None).ConfigureAwait(false);
        var row = await client.RowAsync(
            CancellationToken.None, ["begin read write", .. marks.Select(m => m.Set), ProbeClient.AskProcess, "commit"]).ConfigureAwait(false);
        return (int)row[0];
    }

    private async Task<IReadOnlyList<TenantPoolerCrossing>?> LookAsync(IReadOnlyList<ProbeMark> marks, int process)
    {
        var clients = new List<ProbeClient>();
        try
        {
            for (var i = 0; i < Clients; i++)
            {
                await Task.Delay(Pause).ConfigureAwait(false);
                var client = await ProbeClient.OpenAsync(connectionString, CancellationToken.None).ConfigureAwait(false);
                clients.Add(client);
                var look = await LookAsync(client, marks, process).ConfigureAwait(false);
                if (look.Process == process)
                {
                    return look.Found;
                }

                if (look.IsGone)
                {
                    return [];
                }
            }
        }
        catch (Exception e) when (clients.Count > 0 && ServerErrors.IsOurs(e))
        {
            // No further client gets a backend.
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync().ConfigureAwait(false);
            }
        }

        return null;
    }

    // Its transaction stays open, so that the next client gets another backend, and what is found is taken away on this one.
    private async Task<(int Process, bool IsGone, IReadOnlyList<TenantPoolerCrossing> Found)> LookAsync(
        ProbeClient client, IReadOnlyList<ProbeMark> marks, int process)
    {
        if (mode != TenantPoolerMode.Statement)
        {
            await client.RowAsync(CancellationToken.None, "begin").ConfigureAwait(false);
        }

        var row = await client.RowAsync(
            CancellationToken.None,
            $"select pg_catalog.pg_backend_pid(), not exists (select from pg_catalog.pg_stat_activity a where a.pid = {Number(process)}), {string.Join(", ", marks.Select(m => m.Find))}").ConfigureAwait(false);
        var here = marks.Where((_, i) => (bool)row[i + 2]).ToList();
        if ((int)row[0] == process && here.Count > 0)
        {
            await ClearAsync(client, here, process).ConfigureAwait(false);
        }

        return ((int)row[0], (bool)row[1], [.. here.Select(m => m.Kind).Order()]);
    }

    private async Task ClearAsync(ProbeClient client, IEnumerable<ProbeMark> marks, int process)
    {
        // In statement mode this may be another backend by now. There the division fails, and nothing else runs.
        var guard = $"select 1 / (pg_catalog.pg_backend_pid() = {Number(process)})::int";
        IEnumerable<string> clear = [guard, .. marks.Select(m => m.Clear)];
        await client.RowAsync(CancellationToken.None, mode == TenantPoolerMode.Statement ? clear : [.. clear, "commit"]).ConfigureAwait(false);
    }

    // Marks that cannot be reached go with their backend, where that works for nobody. A pooler opens another.
    private async Task EndIdleAsync(int process)
    {
        try
        {
            await using var client = await ProbeClient.OpenAsync(connectionString, CancellationToken.None).ConfigureAwait(false);
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
