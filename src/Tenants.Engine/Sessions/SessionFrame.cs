using Npgsql;
using Tenants.Engine.Queries.Running;

namespace Tenants.Engine.Sessions;

/// <summary>A transaction of one query in a session that has none open.</summary>
internal sealed class SessionFrame(OpenSession session) : TransactionFrame(session.Scope)
{
    private bool _released;

    /// <inheritdoc/>
    public override NpgsqlConnection Connection => session.Held;

    /// <inheritdoc/>
    public override ValueTask PrepareAsync(CancellationToken cancellationToken) => Scope.PrepareAsync(cancellationToken);

    /// <inheritdoc/>
    public override IEnumerable<NpgsqlBatchCommand> End() => Scope.Reset.EndsEachTransaction ? Scope.Reset.End() : [new NpgsqlBatchCommand("commit")];

    /// <inheritdoc/>
    public override ValueTask<bool> AbortAsync(bool failed) => CleanUp.RunAsync(Connection, Scope.Reset.EndsEachTransaction ? Scope.Reset.Undo() : ["rollback"]);

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
