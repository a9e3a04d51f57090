using Npgsql;
using Tenants.Engine.Queries.Running;

namespace Tenants.Engine.Sessions;

/// <summary>
/// A query in a transaction that its user began. A query that may return rows has a savepoint before it, so that one whose reader
/// stops early is undone alone.
/// </summary>
internal sealed class ExplicitFrame(OpenSession session, bool returnsRows) : TransactionFrame(session.Scope)
{
    private bool _released;
    private bool _hasSavepoint;

    /// <inheritdoc/>
    public override NpgsqlConnection Connection => session.Held;

    /// <inheritdoc/>
    public override bool IsExplicit => true;

    /// <inheritdoc/>
    public override ValueTask PrepareAsync(CancellationToken cancellationToken) => Scope.PrepareAsync(cancellationToken);

    /// <inheritdoc/>
    public override (IReadOnlyList<NpgsqlBatchCommand> Commands, int Results) Begin(bool readOnly, TimeSpan? timeout)
    {
        var commands = new List<NpgsqlBatchCommand>(session.Transactions.ReleaseQuerySavepoint());
        if (returnsRows)
        {
            commands.Add(session.Transactions.SetQuerySavepoint());
            _hasSavepoint = true;
        }

        var (enter, results) = Enter(null);
        commands.AddRange(enter);
        commands.AddRange(session.Transactions.Limit(timeout));
        return (commands, results);
    }

    /// <inheritdoc/>
    public override IEnumerable<NpgsqlBatchCommand> End() => [];

    /// <inheritdoc/>
    public override async ValueTask<bool> AbortAsync(bool failed)
    {
        if (!failed && _hasSavepoint && await session.Transactions.UndoQueryAsync().ConfigureAwait(false))
        {
            return true;
        }

        await session.Transactions.FindOutWhetherFailedAsync().ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public override TenantException Explain(TenantException error) => session.IsLost ? session.Lost() : error;

    /// <inheritdoc/>
    public override ValueTask ReleaseAsync()
    {
        if (!_released)
        {
            _released = true;
            session.GiveBack();
        }

        return ValueTask.CompletedTask;
    }
}
