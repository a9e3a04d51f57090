using Npgsql;
using Tenants.Engine.Queries.Results;

namespace Tenants.Engine.Queries.Running;

/// <summary>The statements of a query, and what of them goes to the server next: as much in one go as can be.</summary>
internal sealed class StatementQueue
{
    private readonly TransactionFrame _frame;
    private readonly IReadOnlyList<StatementStep> _steps;
    private readonly QueryOptions _options;
    private readonly CancellationToken _cancellation;
    private int _next;

    public StatementQueue(TransactionFrame frame, Query query, QueryOptions options, CancellationToken cancellation)
    {
        (_frame, _options, _cancellation) = (frame, options, cancellation);
        var cache = ShapeCache.Of(frame.Scope.Database);
        _steps = [.. query.Statements.Select(s => new StatementStep(s, cache))];
    }

    /// <summary>True once the transaction's beginning was sent.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>True once its end was sent.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The statements that were sent.</summary>
    public IEnumerable<StatementStep> Sent => _steps.Take(_next);

    private StatementStep? Single => _steps.Count == 1 ? _steps[0] : null;

    /// <summary>Goes back to the first.</summary>
    public void Restart()
    {
        _next = 0;
        HasBegun = HasEnded = false;
    }

    /// <summary>All have run: what had to be found out for that is remembered.</summary>
    public void Keep()
    {
        foreach (var step in _steps)
        {
            step.KeepTyping();
        }
    }

    /// <summary>What goes to the server next, or null at the end.</summary>
    public async ValueTask<QueryUnit?> NextAsync()
    {
        if (HasEnded)
        {
            return null;
        }

        var unit = new QueryUnit(_frame.Connection);
        if (!HasBegun && !_frame.IsExplicit && Single is { Shape.TextColumns: null } single && (single.IsRead || !single.ReturnsRows))
        {
            // Whatever becomes of it, a transaction that only reads, or that gives nothing to read, has one outcome: its COMMIT may go along.
            Begin(unit, readOnly: single.IsRead);
            unit.Add(single);
            _next = 1;
            return End(unit);
        }

        if (!HasBegun && _steps[0].NeedsDescription)
        {
            return Begin(unit, Single is { IsRead: true });
        }

        if (_next == _steps.Count)
        {
            return End(unit);
        }

        await DescribeAsync(_steps[_next]).ConfigureAwait(false);
        return _steps[_next].Shape.TextColumns is null ? Batch(unit) : Text(unit);
    }

    /// <summary>As many statements as fit into one pipeline: up to the first that returns rows.</summary>
    private QueryUnit Batch(QueryUnit unit)
    {
        if (!HasBegun)
        {
            Begin(unit, _steps is [{ IsRead: true }]);
        }

        do
        {
            var step = _steps[_next++];
            unit.Add(step);
            if (step.ReturnsRows)
            {
                return unit;
            }
        }
        while (_next < _steps.Count && !_steps[_next].NeedsDescription && _steps[_next].Shape.TextColumns is null && !_steps[_next].ReturnsRows);

        return _next == _steps.Count ? End(unit) : unit;
    }

    private QueryUnit Text(QueryUnit unit)
    {
        var step = _steps[_next];
        if (!HasBegun)
        {
            return Begin(unit, step.IsRead && _steps.Count == 1);
        }

        _next++;
        unit.Alone(step);
        return unit;
    }

    private QueryUnit Begin(QueryUnit unit, bool readOnly)
    {
        var (commands, results) = _frame.Begin(readOnly || _options.ReadOnly, _options.Timeout);
        unit.AddPreamble(commands, results);
        unit.IsFirst = true;
        HasBegun = true;
        return unit;
    }

    private QueryUnit End(QueryUnit unit)
    {
        unit.AddEnd(_frame.End());
        HasEnded = true;
        return unit;
    }

    /// <summary>Asks the server for the statement's columns, and finds out how its texts are to be declared.</summary>
    private async ValueTask DescribeAsync(StatementStep step)
    {
        if (!step.NeedsDescription && !(_frame.IsExplicit && step.Shape.TextColumns is not null))
        {
            return;
        }

        const string Savepoint = "tenants_description";
        await RunAsync($"savepoint {Savepoint}").ConfigureAwait(false);
        while (true)
        {
            try
            {
                await using var command = step.ToCommand(_frame.Connection);
                command.UnknownResultTypeList = null;
                await using var reader = await command.ExecuteReaderAsync(System.Data.CommandBehavior.SchemaOnly, _cancellation).ConfigureAwait(false);
                step.Learn(step.Shape with { TextColumns = ResultReader.FindTextColumns(reader), Described = true });
                break;
            }
            catch (PostgresException e) when (step.TryOtherTyping(e))
            {
                await RunAsync($"rollback to savepoint {Savepoint}").ConfigureAwait(false);
            }
            catch (PostgresException e)
            {
                throw new StepException(step, e);
            }
        }

        await RunAsync($"release savepoint {Savepoint}").ConfigureAwait(false);
    }

    private async ValueTask RunAsync(string statement)
    {
        await using var command = new NpgsqlCommand(statement, _frame.Connection);
        await command.ExecuteNonQueryAsync(_cancellation).ConfigureAwait(false);
    }
}
