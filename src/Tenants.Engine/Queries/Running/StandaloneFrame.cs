using Npgsql;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Queries.Running;

/// <summary>A transaction of its own on a connection from the pool, cleaned in the same pipeline that ends it.</summary>
internal sealed class StandaloneFrame(QueryScope scope) : TransactionFrame(scope)
{
    private NpgsqlConnection? _connection;
    private bool _isClean = true;
    private int _replacements;

    /// <inheritdoc/>
    public override NpgsqlConnection Connection => _connection ?? throw new InvalidOperationException("PrepareAsync comes first.");

    /// <inheritdoc/>
    public override async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (_connection is not null)
        {
            return;
        }

        await Scope.PrepareAsync(cancellationToken).ConfigureAwait(false);
        _connection = await Scope.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override (IReadOnlyList<NpgsqlBatchCommand> Commands, int Results) Begin(bool readOnly, TimeSpan? timeout)
    {
        _isClean = false;
        return base.Begin(readOnly, timeout);
    }

    /// <inheritdoc/>
    public override IEnumerable<NpgsqlBatchCommand> End()
    {
        yield return new NpgsqlBatchCommand("commit");
        yield return new NpgsqlBatchCommand("discard all");
    }

    /// <inheritdoc/>
    public override void Completed() => _isClean = true;

    /// <inheritdoc/>
    public override async ValueTask<bool> AbortAsync(bool failed)
    {
        if (_connection is null)
        {
            // The server went away and no other connection could be made: there is nothing left to undo.
            return false;
        }

        // One by one: in a pipeline DISCARD ALL would stand in the transaction that the rollback ends.
        _isClean = await CleanUp.RunAsync(Connection, "rollback", "discard all").ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> ReplaceConnectionAsync(CancellationToken cancellationToken)
    {
        if (++_replacements > 2)
        {
            return false;
        }

        // The server went away since the pool was filled: none of its connections lives.
        NpgsqlConnection.ClearPool(Connection);
        await Connection.DisposeAsync().ConfigureAwait(false);
        _connection = null;
        _isClean = true;
        await PrepareAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public override async ValueTask ReleaseAsync()
    {
        if (_connection is not { } connection)
        {
            return;
        }

        if (!_isClean)
        {
            await AbortAsync(failed: true).ConfigureAwait(false);
        }

        _connection = null;
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            // It was broken; there is nothing to give back.
        }
    }
}
