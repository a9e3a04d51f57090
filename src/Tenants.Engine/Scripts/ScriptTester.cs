using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Scripts;

/// <summary>
/// Tests a migration: runs it twice in transactions that are rolled back, as the login that is to run it and with all rows in sight, and
/// compares what each statement did.
/// </summary>
public static class ScriptTester
{
    private const int MostNamed = 5;

    /// <summary>Tests a script. Nothing of it stays but what no transaction holds: values drawn from sequences, what it did over dblink, files.</summary>
    /// <param name="database">Where, over the admin's connection.</param>
    /// <param name="request">The script, and who is to run it.</param>
    /// <param name="onProgress">Told of each statement before it runs, on any thread.</param>
    /// <param name="onNotice">Told of the notices of the login's run, on any thread.</param>
    /// <param name="cancellationToken">Stops it; all is rolled back.</param>
    /// <exception cref="TenantException">
    /// <c>ReadOnlyReplica</c>, <c>PsqlCommandRefused</c>, <c>QueryEmpty</c>, <c>RoleNotFound</c>, <c>RoleRefused</c>, <c>TableBusy</c>, <c>AuthenticationFailed</c>, <c>ConnectionLost</c>.
    /// </exception>
    public static async Task<ScriptReport> RunAsync(
        TenantDatabase database,
        ScriptRequest request,
        Action<ScriptProgress>? onProgress = null,
        Action<ServerNotice>? onNotice = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(request);
        Primary.Ensure(database);
        var statements = ScriptStatement.ReadAll(request.Script);
        var login = await database.UseAsync(connection => ScriptLogin.ReadAsync(connection, database, request, cancellationToken), cancellationToken).ConfigureAwait(false);
        void Tell(int statement, bool allRows) => onProgress?.Invoke(new ScriptProgress(statement, statements.Count, allRows));

        var asLogin = await RunAsync(
            database, request, login.AsLogin, request.Password is null ? null : login.Name, onNotice,
            run => run.RunAsync(statements, i => statements[i] is { IsTransactionControl: false, CopiesToClient: false }, endsAtError: true, number => Tell(number, allRows: false), cancellationToken),
            login.Name, cancellationToken).ConfigureAwait(false);

        // Only what the login itself can do: else the admin's rights would do what the login's refused.
        var allRows = asLogin.All(outcome => outcome is { IsRun: false } or { Error: not null }) ? asLogin : await RunAsync(
            database, request, login.AllRows, connectAs: null, onNotice: null,
            run => run.RunAsync(statements, i => asLogin[i] is { IsRun: true, Error: null }, endsAtError: false, number => Tell(number, allRows: true), cancellationToken),
            database.UserName, cancellationToken).ConfigureAwait(false);

        return Report(request, login, statements, asLogin, allRows);
    }

    private static async Task<IReadOnlyList<StatementOutcome>> RunAsync(
        TenantDatabase database,
        ScriptRequest request,
        ISight sight,
        string? connectAs,
        Action<ServerNotice>? onNotice,
        Func<ScriptRun, Task<IReadOnlyList<StatementOutcome>>> run,
        string actsAs,
        CancellationToken cancellationToken)
    {
        await using var connection = await ScriptSession.OpenAsync(database, connectAs, connectAs is null ? null : request.Password, cancellationToken).ConfigureAwait(false);
        connection.Notice += (_, e) => onNotice?.Invoke(new ServerNotice(e.Notice.InvariantSeverity, e.Notice.SqlState, e.Notice.MessageText));
        return await run(new ScriptRun(connection, sight, database.ErrorContext with { Login = actsAs }, request.Timeout)).ConfigureAwait(false);
    }

    private static ScriptReport Report(
        ScriptRequest request,
        ScriptLogin login,
        IReadOnlyList<ScriptStatement> statements,
        IReadOnlyList<StatementOutcome> asLogin,
        IReadOnlyList<StatementOutcome> allRows)
    {
        var comparer = new ScriptComparer(request, login.Name);
        var results = new List<TenantScriptDifference>();
        ScriptStatement? untested = null;
        foreach (var (statement, i) in statements.Select((s, i) => (s, i)))
        {
            var result = comparer.Compare(statement, asLogin[i], allRows[i], untested);
            results.Add(result);
            untested = result.Result == TenantScriptResult.NotTested ? statement : untested;
        }

        return new ScriptReport(results, [.. login.Warnings, .. Warnings(results)]);
    }

    private static IEnumerable<string> Warnings(List<TenantScriptDifference> results)
    {
        string Lines(TenantScriptResult result)
        {
            var lines = results.Where(r => r.Result == result).Select(r => $"line {r.Line}: {r.Text}").ToList();
            return string.Join("; ", lines.Take(MostNamed)) + (lines.Count > MostNamed ? $"; and {lines.Count - MostNamed} more" : "");
        }

        if (Lines(TenantScriptResult.LeftOut) is { Length: > 0 } leftOut)
        {
            yield return $"Transaction control was left out, for the test is one transaction that is never committed, so what a ROLLBACK would have undone was in sight of the statements after it ({leftOut}).";
        }

        if (Lines(TenantScriptResult.NotTested) is { Length: > 0 } notTested)
        {
            yield return $"Not run, for it cannot be in a transaction that is rolled back ({notTested}).";
        }
    }
}
