namespace Tenants.Engine.Audit;

/// <summary>The views of a table, as the rules on views ask for them.</summary>
internal static class DependentViews
{
    /// <summary>A WITH clause: <c>over</c> holds the table <c>$1</c> and all views over it. Views over views as well: the one that names the table decides, but all show it.</summary>
    public const string Over = """
        with recursive over(oid) as (
            select $1::pg_catalog.oid
            union
            select r.ev_class
            from over o
            join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = o.oid
                                       and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
            join pg_catalog.pg_rewrite r on r.oid = d.objid and r.ev_type = '1')
        """;
}
