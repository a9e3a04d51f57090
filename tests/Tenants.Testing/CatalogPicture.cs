namespace Tenants.Testing;

/// <summary>All that the catalog says of a table and what is under it, in lines that can be compared between databases; and a sum of its rows.</summary>
public static class CatalogPicture
{
    private const string Lines = """
        with recursive family(oid) as (
            select $1::regclass::oid
            union select h.inhrelid from family f join pg_inherits h on h.inhparent = f.oid),
        line(text) as (
            select format('table %s %s rls=%s force=%s', c.oid::regclass, c.relkind, c.relrowsecurity, c.relforcerowsecurity) from family f join pg_class c using (oid)
            union all
            select format('right %s %s %s', c.oid::regclass, a.grantee::regrole, a.privilege_type) from family f join pg_class c using (oid), aclexplode(c.relacl) a where c.relacl is not null and a.grantee <> c.relowner
            union all
            select format('column %s %s %s notnull=%s default=%s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
            from family f join pg_attribute a on a.attrelid = f.oid left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where a.attnum > 0 and not a.attisdropped
            union all
            select format('constraint %s %s %s valid=%s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid), k.convalidated) from family f join pg_constraint k on k.conrelid = f.oid
            union all
            select format('index %s valid=%s ready=%s parent=%s', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready, (select h.inhparent::regclass from pg_inherits h where h.inhrelid = i.indexrelid)) from family f join pg_index i on i.indrelid = f.oid
            union all
            select format('policy %s %s %s %s to %s using %s check %s', p.polrelid::regclass, p.polname, p.polpermissive, p.polcmd,
                (select string_agg(coalesce(r.rolname, 'public'), ',') from unnest(p.polroles) x left join pg_roles r on r.oid = x), pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
            from family f join pg_policy p on p.polrelid = f.oid
            union all
            select format('trigger %s', pg_get_triggerdef(t.oid)) from family f join pg_trigger t on t.tgrelid = f.oid where not t.tgisinternal
            union all
            select format('function %s', p.oid::regprocedure) from pg_proc p where p.pronamespace = (select relnamespace from pg_class where oid = $1::regclass)
            union all
            select format('schema right %s %s', a.grantee::regrole, a.privilege_type) from pg_namespace n, aclexplode(n.nspacl) a where n.oid = (select relnamespace from pg_class where oid = $1::regclass)
            union all
            select format('member %s of %s', m.member::regrole, m.roleid::regrole) from pg_auth_members m where m.roleid in (select r.oid from pg_roles r where strpos(r.rolname, current_database()) > 0)
            union all
            select format('tenant %s', t.id) from tenants.tenant t)
        select regexp_replace(replace(text, current_database(), 'db'), '\mcut_[0-9]+\M', 'cut', 'g') as text from line order by 1
        """;

    /// <summary>The lines, in order.</summary>
    public static async Task<IReadOnlyList<string>> ReadAsync(TestDatabase database, string table) =>
        await TestDatabase.ColumnAsync<string>(database.Superuser, Lines, table);

    /// <summary>The sum of all rows, whatever their place; a dropped column leaves no trace in it.</summary>
    public static async Task<string?> RowsAsync(TestDatabase database, string table) => await TestDatabase.ScalarAsync<string>(
        database.Superuser, $"select count(*) || ' ' || coalesce(sum(('x' || substr(md5(to_jsonb(t)::text), 1, 12))::bit(48)::bigint), 0) from {table} t");
}
