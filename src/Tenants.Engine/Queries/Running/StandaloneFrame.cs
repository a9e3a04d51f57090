using Npgsql;
using Tenants.Engine.Connections;
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
        _connection = await Scope.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override (IReadOnlyList<NpgsqlBatchCommand> Commands, int Results) Begin(bool readOnly, TimeSpan? timeout)
    {
        _isClean = false;
        return base.Begin(readOnly, timeout);
    }

    /// <inheritdoc/>
    public override IEnumerable<NpgsqlBatchCommand> End() => Scope.Reset.End();

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

        _isClean = await CleanUp.RunAsync(Connection, Scope.Reset.Undo()).ConfigureAwait(false);
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
        ConnectionLender.CloseAfterUse(Connection);
        await TakeAnotherAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> RenewAsync(CancellationToken cancellationToken)
    {
        await AbortAsync(failed: true).ConfigureAwait(false);
        if (!await Scope.RenewAsync(Connection, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        await TakeAnotherAsync(cancellationToken).ConfigureAwait(false);
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
        if (connection.State == System.Data.ConnectionState.Open && Scope.Reset.Closes(connection))
        {
            ConnectionLender.CloseAfterUse(connection);
        }

        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            // It was broken; there is nothing to give back.
        }
    }

    private async ValueTask TakeAnotherAsync(CancellationToken cancellationToken)
    {
        var former = Connection;
        _connection = null;
        _isClean = true;
        await former.DisposeAsync().ConfigureAwait(false);
        await PrepareAsync(cancellationToken).ConfigureAwait(false);
    }
}
