using System.Buffers;
using Npgsql;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Errors;

/// <summary>
/// What the server reports of a statement, by its SQLSTATE and its fields: the text comes in the server's own language.
/// See https://www.postgresql.org/docs/current/errcodes-appendix.html.
/// </summary>
internal static class StatementErrors
{
    /// <summary>The error as this module names it.</summary>
    public static TenantException Translate(PostgresException error, ErrorContext context)
    {
        var (id, kind, message) = Explain(error, context);
        var isQuotingRows = error.SqlState.StartsWith("22", StringComparison.Ordinal) || error.SqlState.StartsWith("23", StringComparison.Ordinal);
        return new TenantException(id, kind, message)
        {
            SqlState = error.SqlState,
            Detail = isQuotingRows ? null : error.Detail,
            Hint = error.Hint,
            Constraint = error.ConstraintName,
            Table = TableOf(error),
            Tenant = context.Tenant,
        };
    }

    private static (string Id, TenantErrorKind Kind, string Message) Explain(PostgresException error, ErrorContext context) => error.SqlState switch
    {
        "42501" => PermissionErrors.Explain(error, context),
        "57014" => Canceled(error, context),
        "TN001" => ("ContextInvalid", TenantErrorKind.PermissionDenied, "The tenant context was not signed for this session. It cannot be set by hand: open a session with New-TenantSession, or name the tenant with Invoke-TenantQuery -Tenant."),
        "TN002" => ("TenantNotFound", TenantErrorKind.NotFound, $"There is no tenant{Named(context)}. Get-Tenant lists them; New-Tenant makes one."),
        "TN003" => ("TenantClosed", TenantErrorKind.InvalidState, $"The tenant{Named(context)} is closed: it is being removed. Run Remove-Tenant again to finish that."),
        "TN004" => ("ContextExpired", TenantErrorKind.PermissionDenied, "The signed tenant context had expired when the transaction began. Run it again."),
        RowCheck.SqlState => ("RowsWithoutTenant", TenantErrorKind.InvalidData, $"{error.MessageText} ({error.Detail}). Nothing was enforced. Give those rows a tenant by an UPDATE, or an expression that gives one to each, and run it again: it goes on where it stopped."),
        RowCheck.HiddenState => ("RowsHidden", TenantErrorKind.InvalidState, $"{error.MessageText}, so they would be passed over without a word. Let the owner see them meanwhile: {error.Hint}"),
        "25006" => context.IsReplica
            ? ("ReadOnlyReplica", TenantErrorKind.InvalidState, "The server is a read-only replica: nothing can be changed here. Connect to the primary.")
            : ("ReadOnlyTransaction", TenantErrorKind.InvalidState, $"The transaction is read-only: {Text(error)} Run it in one that may write, or, if the server is a replica, on the primary."),
        var state => StatementErrorTable.Find(state) is { } entry
            ? (entry.Id, entry.Kind, entry.Compose(Text(error, context)))
            : ("ServerError", TenantErrorKind.Server, Text(error, context)),
    };

    private static (string, TenantErrorKind, string) Canceled(PostgresException error, ErrorContext context)
    {
        // The text alone would say which, and it is translated; the time that passed says it as well.
        var isLimit = context.Limit is not { } limit || (limit > TimeSpan.Zero && (context.Elapsed is not { } elapsed || elapsed >= limit * 0.9));
        return isLimit
            ? ("StatementTimeout", TenantErrorKind.Timeout, $"The statement ran longer than its limit{(context.Limit is { } l ? $" of {l.TotalSeconds:0.###} s" : "")} and was cancelled: {Text(error)} Raise the limit with -Timeout or Connect-TenantDatabase -StatementTimeout, or make it faster.")
            : ("QueryCanceled", TenantErrorKind.Stopped, $"Somebody cancelled the statement on the server: {Text(error)}");
    }

    private static string Named(ErrorContext context) => context.Tenant is { } tenant ? $" '{tenant}'" : "";

    private static string? TableOf(PostgresException error) =>
        error.TableName is null ? null : error.SchemaName is null ? error.TableName : $"{error.SchemaName}.{error.TableName}";

    /// <summary>The server's text as a sentence, with no value in it, and where in the statement it points.</summary>
    private static string Text(PostgresException error, ErrorContext? context = null)
    {
        var text = error.SqlState.StartsWith("22", StringComparison.Ordinal) ? WithoutValues(error.MessageText) : error.MessageText;
        var place = context?.Sql is { } sql && error.Position > 0 ? TextPosition.Describe(sql, error.Position) : "";
        return $"{text.TrimEnd('.')}{place}.";
    }

    // 'invalid input syntax for type integer: "4x"' quotes a value, in every language; a value may hold quotes itself.
    private static string WithoutValues(string text)
    {
        var first = text.AsSpan().IndexOfAny(s_quotes);
        var last = text.AsSpan().LastIndexOfAny(s_quotes);
        return first < 0 || last == first ? text : string.Concat(text.AsSpan(0, first + 1), "…", text.AsSpan(last));
    }

    private static readonly SearchValues<char> s_quotes = SearchValues.Create("\"«»„“”‟‹›「」");
}
