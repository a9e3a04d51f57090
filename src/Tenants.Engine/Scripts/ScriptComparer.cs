namespace Tenants.Engine.Scripts;

/// <summary>Says of each statement whether its two runs did the same.</summary>
/// <param name="request">The script.</param>
/// <param name="login">The login that is to run it, by name.</param>
internal sealed class ScriptComparer(ScriptRequest request, string login)
{
    /// <summary>What came of one statement.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="asLogin">What it did as the login.</param>
    /// <param name="allRows">What it did with all rows in sight.</param>
    /// <param name="untested">An earlier statement that could not be run, on whose work this one may rest; null for none.</param>
    public TenantScriptDifference Compare(ScriptStatement statement, StatementOutcome asLogin, StatementOutcome allRows, ScriptStatement? untested)
    {
        var result = new TenantScriptDifference
        {
            Path = request.Path,
            Statement = statement.Number,
            Line = statement.Line,
            Text = statement.Shown,
            Result = TenantScriptResult.Same,
        };
        return (asLogin, allRows) switch
        {
            _ when statement.IsTransactionControl => result with
            {
                Result = TenantScriptResult.LeftOut,
                Explanation = "It begins or ends a transaction, and the test is one transaction that is never committed.",
            },
            _ when statement.CopiesToClient => NotTested(result, "Its rows come from the client or go there, which the test has not.") with
            {
                Advice = "COPY FROM is refused on a table whose policies bind the login; write INSERT … SELECT.",
            },
            ({ IsRun: false }, _) => result with { Result = TenantScriptResult.NotReached, Explanation = "An earlier statement fails, and the script ends there." },
            ({ Error: { } error }, _) when ScriptRun.IsOfTheTransaction(error) => NotTested(result, error.Message),
            ({ Error: { } error }, _) => result with
            {
                Result = TenantScriptResult.Failed,
                Line = asLogin.ErrorLine,
                Explanation = $"As '{login}' it fails: {error.Message}{RestsOn(untested)}",
                Advice = "The script ends here. What comes after it was not run.",
            },
            (_, { Error: { } error }) => result with
            {
                Result = TenantScriptResult.Different,
                Line = allRows.ErrorLine,
                AsLogin = CountOf(asLogin),
                Explanation = $"As '{login}' it succeeds; with all rows in sight it fails: {error.Message}{RestsOn(untested)}",
                Advice = ScriptAdvice.OnHiddenError(error, login),
            },
            _ => CompareCounts(result, asLogin, allRows),
        };
    }

    private TenantScriptDifference CompareCounts(TenantScriptDifference result, StatementOutcome asLogin, StatementOutcome allRows)
    {
        var tables = asLogin.Changes.Keys.Union(allRows.Changes.Keys, StringComparer.Ordinal)
            .Where(table => asLogin.Changes.GetValueOrDefault(table) != allRows.Changes.GetValueOrDefault(table))
            .Order(StringComparer.Ordinal)
            .ToList();
        var (ofLogin, ofAll) = (CountOf(asLogin), CountOf(allRows));
        if (ofLogin == ofAll && tables.Count > 0)
        {
            // Its own count says nothing of what a function, a trigger or a WITH did.
            (ofLogin, ofAll) = (Sum(asLogin, tables), Sum(allRows, tables));
        }

        result = result with { AsLogin = ofLogin, AllRows = ofAll };
        return ofLogin == ofAll && tables.Count == 0 && asLogin.IsNull == allRows.IsNull
            ? result
            : result with
            {
                Result = TenantScriptResult.Different,
                Table = tables,
                Explanation = ScriptAdvice.Explain(login, asLogin, allRows, tables, ofLogin, ofAll),
                Advice = ScriptAdvice.OnCounts(login, tables.Count > 0, ofLogin, ofAll),
            };
    }

    private static TenantScriptDifference NotTested(TenantScriptDifference result, string why) =>
        result with { Result = TenantScriptResult.NotTested, Explanation = $"It was not run: {why}" };

    private static string RestsOn(ScriptStatement? untested) =>
        untested is null ? "" : $" It may rest on the statement on line {untested.Line}, which could not be run here.";

    private static long? CountOf(StatementOutcome outcome) => outcome.Number ?? outcome.Rows;

    private static long Sum(StatementOutcome outcome, IEnumerable<string> tables) => tables.Sum(table => outcome.Changes.GetValueOrDefault(table).Total);
}
