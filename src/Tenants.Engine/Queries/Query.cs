using Tenants.Engine.Queries.Text;

namespace Tenants.Engine.Queries;

/// <summary>A script that was read and whose parameters have their values: ready to be run, on one tenant or on many.</summary>
public sealed class Query
{
    private const int SummaryLength = 200;

    private Query(string script, IReadOnlyList<BoundStatement> statements)
    {
        Script = script;
        Statements = statements;
    }

    /// <summary>The text as the user wrote it.</summary>
    public string Script { get; }

    /// <summary>How many statements it has.</summary>
    public int StatementCount => Statements.Count;

    /// <summary>True if one of its statements may return rows.</summary>
    public bool MayReturnRows => Statements.Any(s => StatementTraits.MayReturnRows(s.Source));

    /// <summary>True if one of its statements may change something, as far as the text tells.</summary>
    public bool MayWrite => Statements.Any(s => StatementTraits.Writes(s.Source));

    /// <summary>The beginning of the text, on one line.</summary>
    public string Summary
    {
        get
        {
            var line = string.Join(' ', Script.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            return line.Length <= SummaryLength ? line : string.Concat(line.AsSpan(0, SummaryLength), "…");
        }
    }

    internal IReadOnlyList<BoundStatement> Statements { get; }

    /// <summary>Reads a script. Nothing is sent.</summary>
    /// <param name="script">One statement or several.</param>
    /// <param name="parameters">The values of its parameters.</param>
    /// <param name="asTenant">True if it will run as a tenant.</param>
    /// <exception cref="TenantException"><c>QueryEmpty</c>, <c>ParameterMissing</c>, <c>TransactionControlRefused</c> and the like.</exception>
    public static Query Parse(string script, QueryParameters parameters, bool asTenant = true)
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(parameters);
        if (script.Contains('\0', StringComparison.Ordinal))
        {
            throw new TenantException("QueryNotText", TenantErrorKind.Syntax, "The text holds the character NUL, which SQL cannot. Is the file UTF-16? Save it as UTF-8.");
        }

        var statements = StatementSplitter.Split(script);
        var bound = new List<BoundStatement>(statements.Count);
        foreach (var statement in statements)
        {
            StatementGuard.Check(statement, asTenant);
            bound.Add(ParameterBinder.Bind(statement, parameters));
        }

        return new Query(script, bound);
    }
}
