using Tenants.Engine.Catalog;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Isolation;

/// <summary>
/// The one place where the text of the module's policies and of the tenant column's default is made, each beside the text as
/// PostgreSQL writes it out (the same from 14 to 18), by which what stands in the database is compared.
/// </summary>
internal static class PolicyText
{
    /// <summary>The condition that keeps tenants apart. The sub-select is evaluated once per statement, not per row.</summary>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="quotedColumn">The tenant column, quoted.</param>
    /// <param name="isText">The column holds text: it is compared as such, never cut to the column's length, which could make two tenants one.</param>
    public static string Isolation(Installation installation, string quotedColumn, bool isText) =>
        $"{quotedColumn} OPERATOR(pg_catalog.=) (select {installation.CurrentTenantCall}::{(isText ? "text" : installation.SqlType)})";

    /// <summary>That condition as PostgreSQL writes it.</summary>
    public static string IsolationDeparsed(Installation installation, string schemaIdent, TenantColumn column)
    {
        var left = (column.IsText, column.IsDomain) switch
        {
            (true, _) when column.BaseType != "text" || column.IsDomain => $"({column.Ident})::text",
            (false, true) => $"({column.Ident})::{column.BaseType}",
            _ => column.Ident,
        };
        var call = $"{schemaIdent}.current_tenant()";
        var right = column.IsText ? call : $"({call})::{installation.SqlType}";
        return $"({left} = ( SELECT {right} AS current_tenant))";
    }

    /// <summary>The admin's condition as PostgreSQL writes it; <see cref="AdminPass"/> holds it as it is made.</summary>
    public static string AdminDeparsed(Installation installation) =>
        $"( SELECT (pg_has_role(SESSION_USER, {Quote.Literal(installation.AdminRole)}::name, 'member'::text) AND (COALESCE(current_setting('tenants.context'::text, true), ''::text) = ''::text)))";

    /// <summary>
    /// The tenant column's default: the setting, which costs nothing per row; where another tool uses a bound login and sets none,
    /// the function. A custom setting that was set once is '' afterwards, hence nullif. A hint only: the policies are the guard.
    /// Text is not cast, so that one that is too long is an error and not cut.
    /// </summary>
    public static string Default(Installation installation, string type, bool isText)
    {
        var value = $"coalesce(nullif(pg_catalog.current_setting('tenants.tenant', true), ''), {installation.CurrentTenantCall})";
        return isText ? value : $"{value}::{type}";
    }

    /// <summary>That default as PostgreSQL writes it.</summary>
    public static string DefaultDeparsed(string schemaIdent, TenantColumn column)
    {
        var value = $"COALESCE(NULLIF(current_setting('tenants.tenant'::text, true), ''::text), {schemaIdent}.current_tenant())";
        return column.IsText ? value : $"({value})::{column.Type}";
    }
}
