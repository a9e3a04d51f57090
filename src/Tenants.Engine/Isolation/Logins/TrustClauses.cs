using Tenants.Engine.Audit;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>The clauses about what lies in the database, each with what it says to people.</summary>
internal static class TrustClauses
{
    // In the order in which they are told: what reaches furthest comes first.
    private static readonly (string Clause, string Reason)[] s_reasons =
    [
        ("OwnsObject", "It owns, or can become the owner of, what it can then alter as it likes"),
        ("CreateOnDatabase", "It may create schemas in a database, and so lay traps for other sessions"),
        ("CreateOnSchema", "It may create in a schema, and so lay traps for other sessions"),
        ("TableRight", "It has rights on what keeps no tenants apart and is not registered as shared (Grant-TenantTable does that)"),
        ("UnkeptTable", "It has rights on a tenant table that does not keep tenants apart (Enable-TenantRls mends it)"),
        ("SharedParent", "It may read a shared table whose children hold tenants' rows"),
        ("UnfilteredRight", "It has rights on a table that no policy filters"),
        ("SharedTableWrite", "It may write a table that is shared for reading only"),
        ("ModuleTable", "It has rights on the module's own tables"),
        ("ModuleFunction", "It may call functions of the module that are an admin's"),
        ("SystemCatalogRight", "It has rights on system catalogs that the server does not give by itself"),
        ("SystemFunctionRight", "It may call functions that the server, or an extension, closes"),
        ("UnboundView", "It may use views over tenant tables that read as an owner whom the policies do not bind"),
        ("MaterializedView", "It may read copies of tenant tables, in which no policy holds"),
        ("UnboundRule", "It sets off rules that reach tenant tables as an owner whom the policies do not bind"),
        ("DefinerFunction", "It sets off SECURITY DEFINER functions of owners whom the policies do not bind"),
        ("DefinerPath", "It sets off SECURITY DEFINER functions that look names up where the caller says, and so run his code as their owner; the path must be fixed and end with pg_temp"),
        ("ActionPath", "It sets off foreign keys that change rows as the owner of another table, where functions look names up as the caller says, and so run his code as that owner; the path must be fixed and end with pg_temp, or the database's TEMPORARY be taken from PUBLIC"),
        ("OwnerPath", "It can have functions that owners' code calls or sets off run its own code as that owner, for they look names up where the caller says, or keep the types that he first called them with; the path must be fixed and end with pg_temp, or the database's TEMPORARY be taken from PUBLIC"),
        ("StrayingKey", "It can have a foreign key give a row to another tenant, for SET DEFAULT takes the tenant from a setting; NO ACTION does not, nor does (15 and later) SET DEFAULT of the other columns"),
        ("UntrustedFunction", "It may call functions in untrusted languages, which run with the server's own rights"),
        ("LeakproofFunction", "It may call functions declared LEAKPROOF, which see rows before the policies do"),
        ("UntrustedLanguage", "It may write functions in a language that runs with the server's own rights"),
        ("SequenceUpdate", "It may set sequences that other tenants draw from"),
        ("LargeObject", "It has large objects, which no policy filters"),
        ("ForeignServer", "It may use foreign servers"),
        ("ForeignDataWrapper", "It may make foreign servers"),
        ("UserMapping", "It has a user on a foreign server"),
        ("ParameterRight", "It may set superusers' parameters"),
        ("AlterSystem", "It may alter parameters of the whole server"),
        ("GrantOption", "It may grant rights on to others"),
        ("HarmfulSetting", "Its sessions begin with settings that undo protection"),
    ];

    /// <summary>One finding for each clause that is broken.</summary>
    /// <param name="rows">What breaks them.</param>
    /// <param name="reach">The roles whose rights they are.</param>
    public static IEnumerable<TrustFinding> Judge(IReadOnlyList<TrustRow> rows, TrustReach reach) =>
    [
        .. from broken in rows.Distinct().GroupBy(r => r.Clause)
           let order = Array.FindIndex(s_reasons, r => r.Clause == broken.Key)
           orderby order
           select new TrustFinding(
               broken.Key,
               $"{s_reasons[order].Reason}: {Listing.Of(broken.Select(r => r.What))}.",
               string.Join('\n', broken.SelectMany(r => reach.Mend(r)).Select(m => $"{m};").Distinct())),
    ];
}
