using Npgsql;
using Tenants.Engine.Errors;
using Tenants.Engine.Queries.Text;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Queries.Running;

/// <summary>Adds to the server's error what only the query knows: the line of the user's script, and the tenant.</summary>
internal static class QueryErrors
{
    /// <summary>Turns an error of the driver into one that says where and for whom it happened.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="statement">The statement that failed, where that is known.</param>
    /// <param name="scope">As whom it ran.</param>
    /// <param name="limit">The limit that the call had for each statement, and how long the failed one ran.</param>
    public static async ValueTask<TenantException> TranslateAsync(
        Exception exception, BoundStatement? statement, QueryScope scope, (TimeSpan? Limit, TimeSpan Elapsed) limit = default)
    {
        var error = ServerErrors.Translate(exception, new ErrorContext
        {
            Tenant = scope.Tenant,
            Login = scope.Database.UserName,
            IsReplica = scope.Database.Facts.IsReplica,
            Limit = limit.Limit,
            Elapsed = limit.Elapsed,
        });
        var server = exception as PostgresException;
        if (server?.SqlState == "TN002" && scope.Tenant is not null)
        {
            return await NotFoundAsync(error, scope).ConfigureAwait(false);
        }

        return new TenantException(
            server?.SqlState == PostgresErrorCodes.InvalidTransactionTermination ? "TransactionControlRefused" : error.ErrorId,
            error.Kind,
            $"{Line(server, statement)}{error.Message}{Advice(server)}",
            error.InnerException)
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

    private static async ValueTask<TenantException> NotFoundAsync(TenantException error, QueryScope scope)
    {
        try
        {
            var registry = await TenantRegistry.OpenAsync(scope.Database).ConfigureAwait(false);
            return await registry.NotFoundAsync(registry.Parse(scope.Tenant!)).ConfigureAwait(false);
        }
        catch (TenantException)
        {
            // The registry is the admin's; the server's word is enough.
            return error;
        }
    }

    private static string Advice(PostgresException? server) => server?.SqlState switch
    {
        PostgresErrorCodes.InvalidTransactionTermination =>
            " A block (DO or CALL) may not commit or roll back here: the module begins and ends the transactions. Use Start-TenantTransaction in a session for ones that span calls.",
        PostgresErrorCodes.ActiveSqlTransaction => " The module runs every statement in a transaction; run this one with psql or another tool.",
        _ => "",
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
