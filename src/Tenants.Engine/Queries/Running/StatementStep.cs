using System.Globalization;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Queries.Text;
using Tenants.Engine.Queries.Values;

namespace Tenants.Engine.Queries.Running;

/// <summary>One statement on its way to the server: its text, its values, and what is known of its shape.</summary>
internal sealed class StatementStep
{
    private readonly ShapeCache _cache;
    private readonly string _key;
    private readonly bool _writes;
    private readonly bool _hasSoftTexts;
    private readonly bool _hasSoftArrays;

    public StatementStep(BoundStatement statement, ShapeCache cache)
    {
        Statement = statement;
        _cache = cache;
        _key = KeyOf(statement);
        Shape = cache.Find(_key);
        _hasSoftTexts = statement.Parameters.Any(p => ParameterValues.IsSoftText(p.Value));
        _hasSoftArrays = statement.Parameters.Any(p => ArrayValues.IsSoft(p.Name, p.Value));
        ReturnsRows = StatementTraits.MayReturnRows(statement.Source);
        MayBeRead = StatementTraits.MayBeRead(statement.Source) && !StatementTraits.CallsUnknownFunction(statement.Source);
        _writes = StatementTraits.Writes(statement.Source);
    }

    /// <summary>The statement.</summary>
    public BoundStatement Statement { get; }

    /// <summary>What is known of its shape.</summary>
    public StatementShape Shape { get; private set; }

    /// <summary>It may return rows.</summary>
    public bool ReturnsRows { get; }

    /// <summary>It is tried as one that only reads.</summary>
    public bool IsRead => MayBeRead && !Shape.Writes;

    /// <summary>It may change something, as far as its text and what was learned of it tell.</summary>
    public bool MayWrite => _writes || (ReturnsRows && !IsRead);

    /// <summary>The server must be asked for its columns and parameters before it is run a step at a time.</summary>
    public bool NeedsDescription => !Shape.Described && (ReturnsRows || _hasSoftTexts || _hasSoftArrays);

    /// <summary>The first complaint of the server about the parameters' types; it names what the user wrote, later ones what we tried.</summary>
    public PostgresException? TypingError { get; private set; }

    private bool MayBeRead { get; }

    /// <summary>Keeps what was learned.</summary>
    public void Learn(StatementShape shape)
    {
        Shape = shape;

        // What these return hangs on more than their text.
        if (!Statement.Source.HasWord(0, "FETCH", "EXECUTE", "CALL"))
        {
            _cache.Keep(_key, shape);
        }
    }

    /// <summary>It ran: where its texts had to be declared in another way for that, the next call begins so.</summary>
    public void KeepTyping()
    {
        if (TypingError is not null)
        {
            Learn(Shape);
        }
    }

    /// <summary>Declares the texts in another way, if the complaint may come from that and a way is left.</summary>
    public bool TryOtherTyping(PostgresException error)
    {
        var typing = Shape.Typing;
        if (_hasSoftArrays && !typing.HasFlag(ParameterTyping.UntypedArrays)
            && error.SqlState is PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.DatatypeMismatch or PostgresErrorCodes.AmbiguousFunction or PostgresErrorCodes.IndeterminateDatatype)
        {
            typing |= ParameterTyping.UntypedArrays;
        }
        else if (_hasSoftTexts && !typing.HasFlag(ParameterTyping.TypedTexts)
            && error.SqlState is PostgresErrorCodes.IndeterminateDatatype or PostgresErrorCodes.DatatypeMismatch or PostgresErrorCodes.AmbiguousFunction or PostgresErrorCodes.AmbiguousParameter)
        {
            typing |= ParameterTyping.TypedTexts;
        }
        else
        {
            return false;
        }

        // Only what led to another try: where that fails as well, the first complaint is the one that people understand.
        TypingError ??= error;
        Shape = Shape with { Typing = typing };
        return true;
    }

    /// <summary>The command for a pipeline.</summary>
    public NpgsqlBatchCommand ToBatchCommand()
    {
        var command = new NpgsqlBatchCommand(Statement.Sql);
        command.Parameters.AddRange(Parameters());
        return command;
    }

    /// <summary>The command by itself, with its text columns.</summary>
    public NpgsqlCommand ToCommand(NpgsqlConnection connection)
    {
        var command = new NpgsqlCommand(Statement.Sql, connection) { UnknownResultTypeList = Shape.TextColumns };
        command.Parameters.AddRange(Parameters());
        return command;
    }

    private NpgsqlParameter[] Parameters()
    {
        // Without any parameter the driver would look for semicolons in the text by rules of its own; an unused one keeps it from that.
        return Statement.Parameters.Count == 0 && Statement.Sql.Contains(';', StringComparison.Ordinal)
            ? [new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer }]
            : [.. Statement.Parameters.Select(p => ParameterValues.Create(p.Name, p.Value, Shape.Typing))];
    }

    private static string KeyOf(BoundStatement statement)
    {
        var key = new StringBuilder(statement.Sql);
        foreach (var (_, value) in statement.Parameters)
        {
            key.Append(CultureInfo.InvariantCulture, $"\0{value?.GetType().Name}");
            if (value is System.Collections.IEnumerable list and not (string or byte[] or System.Collections.IDictionary))
            {
                key.Append(list.Cast<object?>().FirstOrDefault(i => i is not null)?.GetType().Name);
            }
        }

        return key.ToString();
    }
}
