using System.Collections.Concurrent;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using Tenants.Engine.Connections;

namespace Tenants.Hosting;

/// <summary>What one runspace holds: its connections and the current one. Two runspaces never share any of it by accident.</summary>
internal sealed class RunspaceHoldings
{
    private static readonly ConditionalWeakTable<Runspace, RunspaceHoldings> s_states = [];

    private readonly ConcurrentDictionary<int, TenantDatabase> _connections = new();

    /// <summary>Closed when the runspace forgets them: sandboxes and the like.</summary>
    public ConcurrentDictionary<IAsyncDisposable, byte> Owned { get; } = new();

    /// <summary>The state of the runspace that the calling thread runs in.</summary>
    public static RunspaceHoldings Current => s_states.GetValue(
        Runspace.DefaultRunspace ?? throw new TenantException("NoRunspace", TenantErrorKind.InvalidState, "A cmdlet of this module runs in a runspace."), Create);

    /// <summary>The connection that a cmdlet takes when none is named.</summary>
    public TenantDatabase? Default { get; private set; }

    /// <summary>The connections that are open, oldest first.</summary>
    public IEnumerable<TenantDatabase> Connections => _connections.Values.Where(c => c.IsOpen).OrderBy(c => c.Id);

    /// <summary>Closes all that the calling thread's runspace holds.</summary>
    public static void CloseCurrent()
    {
        if (Runspace.DefaultRunspace is { } runspace && s_states.TryGetValue(runspace, out var state))
        {
            s_states.Remove(runspace);
            state.Close();
        }
    }

    /// <summary>Keeps a connection and makes it the default.</summary>
    public void Add(TenantDatabase database)
    {
        _connections[database.Id] = database;
        Default = database;
    }

    /// <summary>Closes a connection; the newest of those that are left becomes the default.</summary>
    public async Task RemoveAsync(TenantDatabase database)
    {
        _connections.TryRemove(database.Id, out _);
        if (Default == database)
        {
            Default = Connections.LastOrDefault(c => c != database);
        }

        await database.DisposeAsync().ConfigureAwait(false);
    }

    private static RunspaceHoldings Create(Runspace runspace)
    {
        var state = new RunspaceHoldings();
        runspace.StateChanged += (_, e) =>
        {
            // Closing comes before Closed; whoever closed the runspace waits for neither.
            if (e.RunspaceStateInfo.State is RunspaceState.Closing or RunspaceState.Closed or RunspaceState.Broken)
            {
                state.Close();
            }
        };
        return state;
    }

    // On a thread of the pool: the caller's may have a synchronization context that waits for it.
    private void Close() => Task.Run(async () =>
    {
        Default = null;
        foreach (var id in _connections.Keys)
        {
            if (_connections.TryRemove(id, out var database))
            {
                await database.DisposeAsync().ConfigureAwait(false);
            }
        }

        foreach (var owned in Owned.Keys)
        {
            if (Owned.TryRemove(owned, out _))
            {
                await owned.DisposeAsync().ConfigureAwait(false);
            }
        }
    }).GetAwaiter().GetResult();
}
