using System.Text.RegularExpressions;
using Npgsql;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Errors;

/// <summary>SQLSTATE 42501: a right that is missing, or a row that a policy does not let pass.</summary>
internal static partial class PermissionErrors
{
    /// <summary>What was refused, and the statement that mends it.</summary>
    public static (string Id, TenantErrorKind Kind, string Message) Explain(PostgresException error, ErrorContext context) => error.Routine switch
    {
        // The server's function that checks a new row against the policies; the text alone would name it too, but it is translated.
        "ExecWithCheckOptions" => ("RowSecurityViolation", TenantErrorKind.PermissionDenied, RowSecurity(error, context)),
        "check_enable_rls" => ("RowSecurityForced", TenantErrorKind.PermissionDenied, $"{Sentence(error)} The setting row_security is off, which no login can have on a tenant table. Turn it on; the admin sees all rows with it on."),
        _ => ("PermissionDenied", TenantErrorKind.PermissionDenied, $"{Sentence(error)} {Mend(error, context)}"),
    };

    private static string RowSecurity(PostgresException error, ErrorContext context)
    {
        var table = LastQuoted(error.MessageText);
        var where = table is null ? "" : $" for the table '{table}'";
        return context.Tenant is { } tenant
            ? $"The row{where} belongs to another tenant than '{tenant}', whose session this is, or a policy refuses it. A tenant writes rows of its own only: leave the tenant column out, and its default fills it in."
            : $"The row{where} is not allowed by the policies of the table: outside a tenant's session only the admin writes rows.";
    }

    private static string Mend(PostgresException error, ErrorContext context)
    {
        if (context.Tenant is not null)
        {
            return "Tenants' SQL reads and writes tenant tables (Enable-TenantRls -Table …) and reads shared ones (Grant-TenantTable …; with -Writable it writes them too). What changes the schema, or needs another right, runs with -AsAdmin.";
        }

        var login = context.Login is null ? "<login>" : Quote.Identifier(context.Login);
        if (Denied().Match(error.MessageText) is { Success: true } denied)
        {
            return $"Have its owner run: grant {Right(denied.Groups["kind"].Value, context.Sql)} on {Kind(denied.Groups["kind"].Value)}{denied.Groups["name"].Value} to {login};";
        }

        return Owner().Match(error.MessageText) is { Success: true } owner
            ? $"Connect as the owner, or have {owner.Groups["name"].Value} given to a role that this login belongs to: alter {owner.Groups["kind"].Value} {owner.Groups["name"].Value} owner to {login};"
            : $"Connect as a login that has the right, or have a DBA grant it to {login}.";
    }

    // No field names the object; where the server speaks another language the general advice stands.
    [GeneratedRegex("^permission denied for (?<kind>table|view|materialized view|foreign table|schema|sequence|function|procedure|database|type|language) (?<name>.+)$")]
    private static partial Regex Denied();

    [GeneratedRegex("^must be owner of (?<kind>table|view|schema|sequence|function|type) (?<name>.+)$")]
    private static partial Regex Owner();

    private static string Kind(string kind) => kind is "table" or "view" or "materialized view" or "foreign table" ? "" : kind + " ";

    private static string Right(string kind, string? sql) => kind switch
    {
        "schema" when FirstWord(sql) is "create" or "alter" => "create",
        "schema" or "sequence" or "type" or "language" => "usage",
        "function" or "procedure" => "execute",
        "database" => "create",
        _ => FirstWord(sql) switch
        {
            "insert" => "insert",
            "update" => "select, update",
            "delete" => "select, delete",
            "truncate" => "truncate",
            _ => "select",
        },
    };

    private static string? FirstWord(string? sql) =>
        sql?.TrimStart().Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries).FirstOrDefault()?.ToLowerInvariant();

    private static string? LastQuoted(string text) =>
        Quoted().Matches(text).LastOrDefault() is { } match ? match.Groups["name"].Value.Trim() : null;

    // Each language has quotes of its own, and some turn them round: »so«.
    [GeneratedRegex("[\"«»„“”‹›「](?<name>[^\"«»„“”‹›「」]+)[\"«»“”‹›」]")]
    private static partial Regex Quoted();

    private static string Sentence(PostgresException error) => error.MessageText.TrimEnd('.') + ".";
}
