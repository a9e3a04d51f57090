using System.Diagnostics;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;
using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Running;
using Tenants.Engine.Sessions;

namespace Tenants.Engine.Importing;

/// <summary>
/// Inserts objects into a table as a tenant: all of them, or none. While the server takes one load, the next is filled, so memory
/// holds two of them however many objects come. The policies check each row; what an object says of its tenant is for the server to judge.
/// </summary>
public sealed class TenantImport : IAsyncDisposable
{
    // Shapes that are remembered: objects that have one of so many in turn are not looked up anew.
    private const int MaxLayouts = 64;

    private readonly ImportTarget _target;
    private readonly ImportOptions _options;
    private readonly ImportConnection _connection;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenSource _stop;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private IReadOnlyList<string>? _names;
    private readonly List<ImportLayout> _layouts = [];
    private ImportLoad _filling = new();
    private ImportLoad? _sent;
    private Task? _sending;
    private long _objects;
    private bool _isOver;

    private TenantImport(ImportTarget target, TransactionFrame frame, ImportOptions options, CancellationToken cancellationToken)
    {
        _target = target;
        _options = options;
        _cancellation = cancellationToken;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _connection = new ImportConnection(frame, options, cancellationToken, _stop.Token);
    }

    /// <summary>The table, with its schema.</summary>
    public string Table => _target.Table.DisplayName;

    /// <summary>How many rows the server has taken so far.</summary>
    public long Rows { get; private set; }

    /// <summary>The time since it was opened.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_startedAt);

    /// <summary>Opens an import that is a transaction of its own. It begins with the first batch.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tenant">Whose rows they become.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="options">How it is done.</param>
    /// <param name="cancellationToken">Cancels it on the server.</param>
    /// <exception cref="TenantException"><c>TableNotFound</c>, <c>TableNotEnabled</c>, <c>TableNotSupported</c>, <c>InvalidTenant</c>, <c>DatabaseNotInitialized</c>.</exception>
    public static async Task<TenantImport> OpenAsync(
        TenantDatabase database, string tenant, string table, ImportOptions options, CancellationToken cancellationToken = default)
    {
        var scope = await TenantQueries.ScopeAsync(database, tenant, cancellationToken).ConfigureAwait(false);
        var target = await ImportTarget.ReadAsync(database, table, cancellationToken).ConfigureAwait(false);
        return new TenantImport(target, new StandaloneFrame(scope), options, cancellationToken);
    }

    /// <summary>Opens an import in a session: in its open transaction, or in one of its own. The session is busy until it ends.</summary>
    /// <inheritdoc cref="OpenAsync(TenantDatabase, string, string, ImportOptions, CancellationToken)"/>
    /// <param name="session">The session.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="options">How it is done.</param>
    /// <param name="cancellationToken">Cancels it on the server.</param>
    public static async Task<TenantImport> OpenAsync(OpenSession session, string table, ImportOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        var target = await ImportTarget.ReadAsync(session.Scope.Database, table, cancellationToken).ConfigureAwait(false);
        return session.Begin(mayReturnRows: true, frame => new TenantImport(target, frame, options, cancellationToken));
    }

    /// <summary>Adds an object, if that takes no waiting.</summary>
    /// <param name="names">Its properties' names. The same list for objects that have the same is quickest.</param>
    /// <param name="values">Their values, free of wrappers of PowerShell's. They are taken out of it before this returns.</param>
    /// <returns>False if it was not added: <see cref="AddAsync"/> does it.</returns>
    /// <exception cref="TenantException">A value cannot be sent; nothing was imported, and the import has ended.</exception>
    public bool TryAdd(IReadOnlyList<string> names, IReadOnlyList<object?> values)
    {
        if (_isOver || !ReferenceEquals(names, _names) || _filling.IsFull || _filling.Last is not { } batch)
        {
            return false;
        }

        try
        {
            if (!batch.TryAdd(values, _objects + 1))
            {
                return false;
            }
        }
        catch (TenantException)
        {
            _isOver = true;
            throw;
        }

        _objects++;
        if (_filling.IsFull && _sending is null or { IsCompletedSuccessfully: true })
        {
            Send();
        }

        return true;
    }

    /// <summary>Adds an object, and waits for the server where two loads are full.</summary>
    /// <inheritdoc cref="TryAdd"/>
    public async ValueTask AddAsync(IReadOnlyList<string> names, IReadOnlyList<object?> values)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(values);
        CheckIsOpen();
        try
        {
            await AddAnywayAsync(names, values).ConfigureAwait(false);
        }
        catch (TenantException)
        {
            _isOver = true;
            throw;
        }
    }

    /// <summary>Sends the rest and commits.</summary>
    /// <exception cref="TenantException">The server refused an object, or the import as a whole; nothing was imported.</exception>
    public async Task<TenantImportResult> CompleteAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        await WaitAsync().ConfigureAwait(false);
        try
        {
            // Without any object the tenant is looked at all the same.
            await _connection.BeginAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw await FailAsync(e, null).ConfigureAwait(false);
        }

        try
        {
            await _connection.CommitAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw await FailAsync(e, null, isCommit: true).ConfigureAwait(false);
        }

        _isOver = true;
        return new TenantImportResult(_connection.Scope.Tenant!, Table, Rows, Elapsed);
    }

    /// <summary>Ends it: unless it was completed, what it did is cancelled on the server and undone.</summary>
    public async ValueTask DisposeAsync()
    {
        _isOver = true;
        if (_sending is { } sending)
        {
            _sending = null;
            await _stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(sending).ConfigureAwait(false);
        }

        await _connection.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private void CheckIsOpen()
    {
        if (_isOver)
        {
            throw new TenantException("ImportEnded", TenantErrorKind.InvalidState, "The import has ended. Begin another.");
        }
    }

    private async ValueTask AddAnywayAsync(IReadOnlyList<string> names, IReadOnlyList<object?> values)
    {
        var layout = Layout(names);
        if (_filling.IsFull)
        {
            await FlushAsync().ConfigureAwait(false);
        }

        _names = names;
        _filling.Open(layout);
        while (!_filling.Last!.TryAdd(values, _objects + 1))
        {
            _filling.Open(Widen(_filling.Last, values));
        }

        _objects++;
    }

    private ImportLayout Layout(IReadOnlyList<string> names)
    {
        var present = _filling.Last?.Layout;
        if (present is not null && (ReferenceEquals(names, _names) || names.SequenceEqual(present.Shape.Names)))
        {
            return present;
        }

        if (_layouts.Find(l => names.SequenceEqual(l.Shape.Names)) is { } known)
        {
            return known;
        }

        var layout = ImportLayout.Of(_target, ImportShape.Map(_target, names, _options, _objects + 1), _options.KeepIdentity);
        if (_layouts.Count == MaxLayouts)
        {
            _layouts.RemoveAt(0);
        }

        _layouts.Add(layout);
        return layout;
    }

    private ImportLayout Widen(ImportBatch batch, IReadOnlyList<object?> values)
    {
        var shape = batch.Layout.Shape;
        try
        {
            var layout = batch.Layout.With(batch.Misfit, values[shape.Positions[batch.Misfit]]);
            if (_layouts.IndexOf(batch.Layout) is >= 0 and var place)
            {
                _layouts[place] = layout;
            }

            return layout;
        }
        catch (TenantException e)
        {
            throw e.OfObject(_objects + 1, shape.Columns[batch.Misfit].Name);
        }
    }

    private async ValueTask FlushAsync()
    {
        await WaitAsync().ConfigureAwait(false);
        if (!_filling.IsEmpty)
        {
            Send();
        }
    }

    // On another thread: to write the load into the driver's messages takes as long as to fill one.
    private void Send()
    {
        var load = _filling;
        _filling = _sent ?? new ImportLoad();
        _filling.Clear();
        _filling.Open(load.Last!.Layout);
        _sent = load;
        _sending = Task.Run(async () =>
        {
            await _connection.BeginAsync().ConfigureAwait(false);
            Rows += await _connection.InsertAsync(load).ConfigureAwait(false);
        });
    }

    private async ValueTask WaitAsync()
    {
        CheckIsOpen();
        if (_sending is not { } sending)
        {
            return;
        }

        try
        {
            await sending.ConfigureAwait(false);
            _sending = null;
        }
        catch (Exception e)
        {
            _sending = null;
            throw await FailAsync(e, _connection.Refused).ConfigureAwait(false);
        }
    }

    private async ValueTask<Exception> FailAsync(Exception exception, ImportBatch? batch, bool isCommit = false)
    {
        _isOver = true;
        var isStopped = _cancellation.IsCancellationRequested;
        var place = !isStopped && batch is not null && exception is PostgresException refused && IsOfRow(refused)
            ? await PlaceAsync(batch, refused).ConfigureAwait(false)
            : null;

        // The answer to a COMMIT may be lost, or come after a cancel that came too late.
        var isUnknown = isCommit && !_connection.IsExplicit && (isStopped || exception is OperationCanceledException || ServerErrors.IsBroken(exception));
        var outcome = isUnknown
            ? $"It was being committed, so whether the {Rows} rows are there is not known: count them before you import again."
            : ImportErrors.Undone;
        await _connection.AbortAsync(failed: !isStopped).ConfigureAwait(false);
        if (!isStopped && !isUnknown && _connection.OutrunLimit is { } outrun)
        {
            return outrun.With($"{outrun.Message} {ImportErrors.Undone}");
        }

        if (isStopped || exception is OperationCanceledException)
        {
            return new OperationCanceledException($"The import was cancelled. {outcome}", exception is OperationCanceledException ? null : exception, _cancellation);
        }

        if (!ServerErrors.IsOurs(exception))
        {
            return exception;
        }

        var error = await _connection.TranslateAsync(exception).ConfigureAwait(false);
        return error.With($"{place}{error.Message} {outcome}");
    }

    // What a row's values, constraints, policies and triggers say; not what the server or the rights as a whole do.
    private static bool IsOfRow(PostgresException error) =>
        error.SqlState is ['2', '2' or '3', ..] or ['P', '0', ..] || (error.SqlState == PostgresErrorCodes.InsufficientPrivilege && error.Routine == "ExecWithCheckOptions");

    private async ValueTask<string?> PlaceAsync(ImportBatch batch, PostgresException error)
    {
        try
        {
            if (await _connection.FindFaultAsync(batch, error).ConfigureAwait(false) is not { } fault)
            {
                return $"Objects {batch.First} to {batch.First + batch.Count - 1}, after the ones before them: ";
            }

            // Another policy than that of tenants may have refused the row.
            var column = fault.Column
                ?? (error.SqlState == PostgresErrorCodes.InsufficientPrivilege && _target.TenantColumn is { } own
                    && batch.TryGetText(fault.Row, own, out var tenant) && tenant != _connection.Scope.Tenant ? own : null);
            return $"Object {batch.First + fault.Row}{(column is null ? "" : $", column '{column}'")}: ";
        }
        catch (Exception e) when (ServerErrors.IsOurs(e) || e is OperationCanceledException or TenantException)
        {
            return $"Objects {batch.First} to {batch.First + batch.Count - 1}: ";
        }
    }
}
