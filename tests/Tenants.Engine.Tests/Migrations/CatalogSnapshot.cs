using Tenants.Testing;

namespace Tenants.Engine.Tests.Migrations;

/// <summary>What the catalog of a database holds, a line each, so that two databases can be compared. Names that carry the database's have <c>{db}</c> instead.</summary>
internal static class CatalogSnapshot
{
    // Not the order of columns nor an OID: a column that was dropped and added again has others.
    private const string Query = """
        with ours as (
            select oid from pg_namespace where nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and nspname !~ '^pg_(toast_)?temp_'),
        rel as (
            select c.*, format('%I.%I', n.nspname, c.relname) as called from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relnamespace in (select oid from ours) and c.relkind not in ('i', 'I')
              and c.relname <> all (array['schema_migrations', 'flyway_schema_history', 'alembic_version', '__EFMigrationsHistory', 'VersionInfo', 'UC_Version']))
        select format('schema %I owner %s comment %s', n.nspname, n.nspowner::regrole, obj_description(n.oid, 'pg_namespace')) from pg_namespace n where n.oid in (select oid from ours)
        union all
        select format('right on schema %I: %s %s', n.nspname, g.grantee::regrole, g.privilege_type)
        from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) g where n.oid in (select oid from ours)
        union all
        select format('%s %s owner %s rls %s force %s', relkind, called, relowner::regrole, relrowsecurity, relforcerowsecurity) from rel
        union all
        select format('right on %s: %s %s', called, g.grantee::regrole, g.privilege_type)
        from rel, aclexplode(coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))) g where relkind in ('r', 'p', 'v', 'm', 'S')
        union all
        select format('column %s.%I %s not null %s default %s acl %s', called, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attacl)
        from rel join pg_attribute a on a.attrelid = rel.oid and a.attnum > 0 and not a.attisdropped left join pg_attrdef d on d.adrelid = rel.oid and d.adnum = a.attnum
        where relkind in ('r', 'p')
        union all
        select format('constraint %I on %s: %s valid %s', k.conname, called, pg_get_constraintdef(k.oid), k.convalidated) from rel join pg_constraint k on k.conrelid = rel.oid
        union all
        select format('index %s valid %s ready %s', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready) from rel join pg_index i on i.indrelid = rel.oid
        union all
        select format('policy %I on %s: %s %s to %s using %s check %s', p.polname, called, p.polcmd, p.polpermissive,
                      array(select case r when 0 then 'public' else r::regrole::text end from unnest(p.polroles) r order by 1), pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
        from rel join pg_policy p on p.polrelid = rel.oid
        union all
        select format('trigger on %s: %s', called, pg_get_triggerdef(t.oid)) from rel join pg_trigger t on t.tgrelid = rel.oid and not t.tgisinternal
        union all
        select format('function owner %s acl %s: %s', p.proowner::regrole, p.proacl, pg_get_functiondef(p.oid)) from pg_proc p where p.pronamespace in (select oid from ours) and p.prokind in ('f', 'p')
        union all
        select format('role %s login %s super %s', r.rolname, r.rolcanlogin, r.rolsuper) from pg_roles r where position(current_database() in r.rolname) > 0
        union all
        select format('%s is a member of %s', m.member::regrole, m.roleid::regrole) from pg_auth_members m join pg_roles r on r.oid = m.roleid
        where position(current_database() in r.rolname) > 0
        """;

    /// <summary>Takes one.</summary>
    public static async Task<IReadOnlyList<string>> TakeAsync(TestDatabase database)
    {
        var lines = await TestDatabase.ColumnAsync<string>(database.Superuser, Query);
        return [.. lines.Select(l => l.Replace(database.Name, "{db}", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }
}
