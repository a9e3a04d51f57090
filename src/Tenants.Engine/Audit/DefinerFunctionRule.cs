using System.Data.Common;

namespace Tenants.Engine.Audit;

/// <summary>
/// SECURITY DEFINER functions that run as an owner whom no policy binds, and that tenants' SQL may call (EXECUTE is PUBLIC's
/// unless revoked). Those of other owners are bound by the policies: the admin's view holds for the login itself only.
/// </summary>
internal sealed class DefinerFunctionRule : TableRule<DefinerFunctionRule.Function>
{
    // What a function reads stands in its text at best (dynamic SQL hides it), so all are told; those that name the table come first.
    public override string Sql => """
        select p.oid::pg_catalog.regprocedure::text, w.rolname::text,
               exists (select from pg_catalog.pg_class c where c.oid = $1 and pg_catalog.strpos(pg_catalog.lower(p.prosrc), pg_catalog.lower(c.relname)) > 0)
               or exists (select from pg_catalog.pg_depend d
                          where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.refobjid = $1) as names_it
        from pg_catalog.pg_proc p
        join pg_catalog.pg_roles w on w.oid = p.proowner
        join pg_catalog.pg_namespace n on n.oid = p.pronamespace
        where p.prosecdef and (w.rolsuper or w.rolbypassrls)
          and n.nspname not in ('pg_catalog', 'information_schema')
          and p.prorettype not in ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype)
          and not exists (select from pg_catalog.pg_depend d
                          where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e')
          and exists (select from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) a
                      where a.grantee = 0 or a.grantee = any ($3))
        order by names_it desc, 1
        """;

    protected override Function Read(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.GetBoolean(2));

    protected override IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<Function> rows)
    {
        var naming = rows.Where(f => f.NamesTable).ToList();
        if (naming.Count > 0)
        {
            yield return $"{table.Name}: SECURITY DEFINER functions name it, run as an owner whom no policy binds, and tenants' SQL may call them, so they show or change all tenants' rows: {Listing.Of(naming.Select(f => $"{f.Signature} (owner {f.Owner})"))}. Take EXECUTE away, or give them an owner without that right:{Listing.Statements(naming.Select(Revoke))}";
        }

        var others = rows.Where(f => !f.NamesTable).ToList();
        if (others.Count > 0)
        {
            yield return $"SECURITY DEFINER functions that tenants' SQL may call run as an owner whom no policy binds; whatever they read holds all tenants' rows: {Listing.Of(others.Select(f => $"{f.Signature} (owner {f.Owner})"))}. Where they touch tenants' tables:{Listing.Statements(others.Select(Revoke))}";
        }
    }

    private static string Revoke(Function function) => $"revoke execute on function {function.Signature} from public";

    internal sealed record Function(string Signature, string Owner, bool NamesTable);
}
