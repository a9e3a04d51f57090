using Npgsql;
using Tenants.Engine.Errors;
using Tenants.Engine.Queries.Text;

namespace Tenants.Engine.Queries.Running;

/// <summary>Adds to the server's error what only the query knows: the line of the user's script, and the tenant.</summary>
internal static class QueryErrors
{
    /// <summary>Turns an error of the driver into one that says where and for whom it happened; near names are asked for, where there is no such tenant.</summary>
    public static async ValueTask<TenantException> TranslateAsync(Exception exception, BoundStatement? statement, QueryScope scope)
    {
        var error = Translate(exception, statement, scope);
        return exception is PostgresException { SqlState: "TN002" } && scope.Tenant is not null
            ? await NearTenants.ExplainAsync(error, scope).ConfigureAwait(false)
            : error;
    }

    /// <summary>Turns an error of the driver into one that says where and for whom it happened.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="statement">The statement that failed, where that is known.</param>
    /// <param name="scope">As whom it ran.</param>
    private static TenantException Translate(Exception exception, BoundStatement? statement, QueryScope scope)
    {
        var error = ServerErrors.Translate(exception);
        var server = exception as PostgresException;
        var message = Line(server, statement) + Message(error, server, scope);
        return new TenantException(ErrorId(error, server), Kind(error, server), message, error.InnerException)
        {
            SqlState = error.SqlState,
            Detail = error.Detail,
            Hint = error.Hint,
            Constraint = error.Constraint,
            Table = error.Table,
            Tenant = scope.Tenant,
            Target = error.Target ?? scope.Tenant,
        };
    }

    private static string ErrorId(TenantException error, PostgresException? server) => server?.SqlState switch
    {
        PostgresErrorCodes.InFailedSqlTransaction => "TransactionFailed",
        PostgresErrorCodes.InvalidTransactionTermination => "TransactionControlRefused",
        PostgresErrorCodes.ActiveSqlTransaction => "NotInTransaction",
        "TN002" => "TenantNotFound",
        "TN003" => "TenantClosed",
        _ => error.ErrorId,
    };

    private static TenantErrorKind Kind(TenantException error, PostgresException? server) => server?.SqlState switch
    {
        PostgresErrorCodes.InFailedSqlTransaction or PostgresErrorCodes.InvalidTransactionTermination => TenantErrorKind.InvalidState,
        PostgresErrorCodes.ActiveSqlTransaction => TenantErrorKind.NotSupported,
        "TN002" => TenantErrorKind.NotFound,
        "TN003" => TenantErrorKind.InvalidState,
        _ => error.Kind,
    };

    private static string Message(TenantException error, PostgresException? server, QueryScope scope) => server?.SqlState switch
    {
        PostgresErrorCodes.InFailedSqlTransaction =>
            "An earlier statement of this transaction failed, and PostgreSQL takes no further one in it. End it with Undo-TenantTransaction; nested, only the inner part is undone.",
        PostgresErrorCodes.InvalidTransactionTermination =>
            "The statement tried to commit or roll back from within (DO or CALL). The module begins and ends the transactions; use Start-TenantTransaction in a session for ones that span calls.",
        PostgresErrorCodes.ActiveSqlTransaction =>
            $"{error.Message} The module runs every statement in a transaction; run this one with psql or another tool.",
        "TN002" => $"There is no tenant '{scope.Tenant}'. Make it with New-Tenant, or add -CreateIfMissing.",
        "TN003" => $"The tenant '{scope.Tenant}' is closed: it is being removed. Remove-Tenant finishes that.",
        _ when scope.Tenant is { } tenant && error.ErrorId == "RowSecurityViolation" && !error.Message.Contains($"'{tenant}'", StringComparison.Ordinal) =>
            $"{error.Message} The statement ran as tenant '{tenant}'.",
        _ => error.Message,
    };

    private static string Line(PostgresException? server, BoundStatement? statement)
    {
        if (statement is null || ScriptPosition.Lines(statement.Source.Script) == 1)
        {
            return "";
        }

        var offset = server is { Position: > 0, InternalPosition: 0 } ? statement.ToScriptOffset(server.Position) : statement.Source.Tokens[0].Start;
        return $"Line {ScriptPosition.LineOf(statement.Source.Script, offset)}: ";
    }
}
