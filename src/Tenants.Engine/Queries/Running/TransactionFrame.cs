using System.Globalization;
using Npgsql;

namespace Tenants.Engine.Queries.Running;

/// <summary>The transaction in which a query runs: how it begins, how it ends, and what is left of it when it fails.</summary>
internal abstract class TransactionFrame(QueryScope scope)
{
    /// <summary>As whom it runs.</summary>
    public QueryScope Scope => scope;

    /// <summary>The connection; there once <see cref="PrepareAsync"/> has run.</summary>
    public abstract NpgsqlConnection Connection { get; }

    /// <summary>True if the user began the transaction: what fails cannot be tried anew, and nothing is committed here.</summary>
    public virtual bool IsExplicit => false;

    /// <summary>Gets the connection and all else that comes before the first command.</summary>
    public abstract ValueTask PrepareAsync(CancellationToken cancellationToken);

    /// <summary>The commands that begin it, and how many results they give.</summary>
    /// <param name="readOnly">It will only read.</param>
    /// <param name="timeout">The limit for each statement, or null for the session's own.</param>
    public virtual (IReadOnlyList<NpgsqlBatchCommand> Commands, int Results) Begin(bool readOnly, TimeSpan? timeout)
    {
        var (commands, results) = Enter(timeout);
        var begin = Scope.Reset.Begin(level: null, readOnly);

        // An answer that comes before the statement's shows that the connection lived when the statement was sent.
        return results > 0 ? ([.. begin, .. commands], results) : ([.. begin, .. commands, new NpgsqlBatchCommand("select 1")], 1);
    }

    /// <summary>The commands that commit it.</summary>
    public abstract IEnumerable<NpgsqlBatchCommand> End();

    /// <summary>All has run, and was ended as <see cref="End"/> says.</summary>
    public virtual void Completed()
    {
    }

    /// <summary>Undoes what was done, and leaves the connection fit for the next one, or closed.</summary>
    /// <param name="failed">True after an error; false if its user stopped reading.</param>
    /// <returns>True if what the statement did is undone.</returns>
    public abstract ValueTask<bool> AbortAsync(bool failed);

    /// <summary>Says of an error what only the frame knows.</summary>
    public virtual TenantException Explain(TenantException error) => error;

    /// <summary>Takes another connection in place of a broken one.</summary>
    /// <returns>False where that cannot be.</returns>
    public virtual ValueTask<bool> ReplaceConnectionAsync(CancellationToken cancellationToken) => ValueTask.FromResult(false);

    /// <summary>Undoes the attempt, whose tenant could not be entered, and replaces the login or key that the server refused.</summary>
    /// <returns>False where that cannot be.</returns>
    public virtual async ValueTask<bool> RenewAsync(CancellationToken cancellationToken)
    {
        await AbortAsync(failed: true).ConfigureAwait(false);
        return await Scope.RenewAsync(Connection, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives the connection back.</summary>
    public abstract ValueTask ReleaseAsync();

    /// <summary>The tenant's context and the limit, within a transaction that stands.</summary>
    protected (IReadOnlyList<NpgsqlBatchCommand> Commands, int Results) Enter(TimeSpan? timeout)
    {
        var enter = Scope.Enter(Connection);
        return timeout is { } limit ? ([.. enter, Limit(limit)], enter.Count) : (enter, enter.Count);
    }

    private static NpgsqlBatchCommand Limit(TimeSpan limit)
    {
        // PostgreSQL keeps it as an int of milliseconds.
        var milliseconds = (int)Math.Clamp(Math.Ceiling(limit.TotalMilliseconds), 0, int.MaxValue);
        return new NpgsqlBatchCommand(string.Create(CultureInfo.InvariantCulture, $"set local statement_timeout = {milliseconds}"));
    }
}
