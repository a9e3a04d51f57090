using System.Diagnostics;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Queries.Results;

namespace Tenants.Engine.Queries.Running;

/// <summary>A query on its way: what is at the server of it, and what watches over that.</summary>
internal sealed class QueryRun
{
    private NpgsqlConnection? _listened;
    private long _sentAt;

    public QueryRun(TransactionFrame frame, Query query, QueryOptions options, CancellationToken cancellationToken)
    {
        Frame = frame;
        Options = options;
        Cancellation = cancellationToken;
        Notices = new NoticeBuffer(options.OnNotice);
        Statements = new StatementQueue(frame, query, options, cancellationToken);
        Watchdog = new Watchdog(
            options.Timeout ?? frame.Scope.Database.Facts.StatementTimeout,
            () => Unit?.CancelAsync() ?? ValueTask.CompletedTask,
            () => frame.Scope.TerminateAsync(Backend));
    }

    /// <summary>The transaction that it runs in.</summary>
    public TransactionFrame Frame { get; }

    /// <summary>How it is run.</summary>
    public QueryOptions Options { get; }

    /// <summary>Cancelled when its user wants no more of it.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Its statements.</summary>
    public StatementQueue Statements { get; }

    /// <summary>What the server says meanwhile.</summary>
    public NoticeBuffer Notices { get; }

    /// <summary>Ends what has outrun its limit.</summary>
    public Watchdog Watchdog { get; }

    /// <summary>What was sent last, until it is read to its end.</summary>
    public QueryUnit? Unit { get; private set; }

    /// <summary>The server process that it was sent to.</summary>
    public Backend Backend { get; private set; }

    /// <summary>How long ago it was sent.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_sentAt);

    /// <summary>How many rows the statements changed that returned none.</summary>
    public long RecordsAffected { get; private set; }

    /// <summary>Runs on until there is a result, or null at the end.</summary>
    public async ValueTask<ResultReader?> AdvanceAsync()
    {
        await Frame.PrepareAsync(Cancellation).ConfigureAwait(false);
        Listen();
        while (true)
        {
            if (Unit is not null)
            {
                if (await Watchdog.GuardAsync(Unit.NextResultAsync(Cancellation).AsTask(), Unit.Count).ConfigureAwait(false))
                {
                    return ResultReader.Create(Unit.Reader, Unit.TextColumns)
                        ?? throw new UnreadableResultException(ResultReader.FindTextColumns(Unit.Reader)!);
                }

                await CloseUnitAsync().ConfigureAwait(false);
            }

            if (await Statements.NextAsync().ConfigureAwait(false) is not { } unit)
            {
                return null;
            }

            Unit = unit;
            Backend = Backend.Of(Frame.Connection);
            _sentAt = Stopwatch.GetTimestamp();
            await Watchdog.GuardAsync(unit.ExecuteAsync(Cancellation), unit.Count).ConfigureAwait(false);
        }
    }

    /// <summary>All has run and is committed.</summary>
    public async ValueTask CompleteAsync()
    {
        Frame.Completed();
        Statements.Keep();
        Notices.Release();

        // The connection is free again before the caller asks for anything else.
        await ReleaseAsync().ConfigureAwait(false);
    }

    /// <summary>Gives the connection back.</summary>
    public async ValueTask ReleaseAsync()
    {
        StopListening();
        await Frame.ReleaseAsync().ConfigureAwait(false);
    }

    /// <summary>Lets go of what is at the server, whatever errors are still to come of it.</summary>
    public async ValueTask DropUnitAsync()
    {
        if (Unit is { } unit)
        {
            Unit = null;
            await unit.DropAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Goes back to the beginning, for another attempt; what was sent is dropped before.</summary>
    public void Restart()
    {
        Statements.Restart();
        RecordsAffected = 0;
        Notices.Clear();
    }

    /// <summary>The connection is replaced: nothing is heard of it any more.</summary>
    public void StopListening()
    {
        if (_listened is { } connection)
        {
            connection.Notice -= Notices.Add;
            _listened = null;
        }
    }

    /// <summary>The connection broke, or will be replaced: the statement is not there any more.</summary>
    public void ForgetBackend() => Backend = default;

    /// <summary>After a cancel: where the connection broke without an answer, the statement may run on, so its backend is ended.</summary>
    /// <returns>False if it may still be there.</returns>
    public async ValueTask<bool> EndBackendAsync() =>
        Backend == default || Frame.Connection.State == System.Data.ConnectionState.Open || await Frame.Scope.TerminateAsync(Backend).ConfigureAwait(false);

    private async ValueTask CloseUnitAsync()
    {
        var unit = Unit!;
        Unit = null;
        await unit.DisposeAsync().ConfigureAwait(false);
        RecordsAffected += unit.RecordsAffected;
    }

    private void Listen()
    {
        if (_listened != Frame.Connection)
        {
            StopListening();
            _listened = Frame.Connection;
            _listened.Notice += Notices.Add;
        }
    }
}
