using Npgsql;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Queries.Running;

/// <summary>What goes to the server in one go: a pipeline, or one command by itself where columns are asked for as text.</summary>
internal sealed class QueryUnit(NpgsqlConnection connection) : IAsyncDisposable
{
    private readonly NpgsqlBatch _batch = new(connection);
    private readonly Dictionary<NpgsqlBatchCommand, StatementStep> _steps = [];
    private NpgsqlCommand? _command;
    private NpgsqlDataReader? _reader;
    private int _skip;
    private bool _isUnread = true;
    private bool _gaveResult;

    /// <summary>The driver's reader.</summary>
    public NpgsqlDataReader Reader => _reader!;

    /// <summary>True if the transaction begins with it.</summary>
    public bool IsFirst { get; set; }

    /// <summary>True once the server answered to the first command that gives a result.</summary>
    public bool IsAnswered => _reader is not null;

    /// <summary>The statement that was added last.</summary>
    public StatementStep? LastStep { get; private set; }

    /// <summary>The columns that were asked for as text.</summary>
    public bool[]? TextColumns => _command?.UnknownResultTypeList;

    /// <summary>How many rows its statements changed that returned none; there once it was read to the end.</summary>
    public long RecordsAffected { get; private set; }

    /// <summary>Adds commands of ours.</summary>
    /// <param name="commands">The commands.</param>
    /// <param name="results">How many results they give; those are passed over.</param>
    public void AddPreamble(IEnumerable<NpgsqlBatchCommand> commands, int results)
    {
        AddEnd(commands);
        _skip += results;
    }

    /// <summary>Adds commands of ours that give no result.</summary>
    public void AddEnd(IEnumerable<NpgsqlBatchCommand> commands)
    {
        foreach (var command in commands)
        {
            _batch.BatchCommands.Add(command);
        }
    }

    /// <summary>Adds a statement.</summary>
    public void Add(StatementStep step)
    {
        var command = step.ToBatchCommand();
        _batch.BatchCommands.Add(command);
        _steps.Add(command, step);
        LastStep = step;
    }

    /// <summary>Makes it this one statement.</summary>
    public void Alone(StatementStep step)
    {
        _command = step.ToCommand(connection);
        LastStep = step;
    }

    /// <summary>How many statements of the user's it sends.</summary>
    public int Count => _command is not null ? 1 : _steps.Count;

    /// <summary>Sends it.</summary>
    /// <returns>True if there was something to send.</returns>
    public async Task<bool> ExecuteAsync(CancellationToken cancellationToken)
    {
        if (_command is null && _batch.BatchCommands.Count == 0)
        {
            return false;
        }

        _reader = _command is not null
            ? await _command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false)
            : await _batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Goes to the next result of a statement of the user's.</summary>
    public async ValueTask<bool> NextResultAsync(CancellationToken cancellationToken)
    {
        if (_reader is null)
        {
            return false;
        }

        // The driver stands on the first result from the beginning, if there is one.
        if (_isUnread)
        {
            _isUnread = false;
            if (_skip == 0 && _reader.FieldCount > 0)
            {
                _gaveResult = true;
                return true;
            }
        }

        for (; _skip > 1; _skip--)
        {
            await _reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        }

        _skip = 0;
        var isThere = await _reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        _gaveResult |= isThere;
        return isThere;
    }

    /// <summary>The statement that an error belongs to.</summary>
    public StatementStep? StepOf(Exception exception)
    {
        if (_command is not null)
        {
            return LastStep;
        }

        return exception is PostgresException { BatchCommand: { } command } ? _steps.GetValueOrDefault(command) : _steps.Count == 1 ? LastStep : null;
    }

    /// <summary>Has the server stop it.</summary>
    public async ValueTask CancelAsync()
    {
        try
        {
            // Asks over a connection of its own, which the driver makes without a way to await it.
            await Task.Run(() =>
            {
                if (_command is not null)
                {
                    _command.Cancel();
                }
                else
                {
                    _batch.Cancel();
                }
            }).ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e) || e is InvalidOperationException)
        {
            // Then it is read to its end instead.
        }
    }

    /// <summary>Closes it, whatever errors are still to come.</summary>
    public async ValueTask DropAsync()
    {
        try
        {
            await DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e) || e is InvalidOperationException or OperationCanceledException)
        {
            // What failed is known, or was cancelled by us.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_reader is not null)
        {
            await _reader.DisposeAsync().ConfigureAwait(false);
            CountRecords();
        }

        if (_command is not null)
        {
            await _command.DisposeAsync().ConfigureAwait(false);
        }

        await _batch.DisposeAsync().ConfigureAwait(false);
    }

    private void CountRecords()
    {
        if (_command is not null)
        {
            RecordsAffected = _gaveResult ? 0 : Math.Max(0, _reader!.RecordsAffected);
            return;
        }

        foreach (var (command, step) in _steps)
        {
            // Of all that may return rows, the last one only is in a unit.
            if (!step.ReturnsRows || !_gaveResult)
            {
                RecordsAffected += command.StatementType switch
                {
                    StatementType.Insert or StatementType.Update or StatementType.Delete or StatementType.Merge or StatementType.CreateTableAs or StatementType.Copy =>
                        (long)command.Rows,
                    _ => 0,
                };
            }
        }
    }
}
