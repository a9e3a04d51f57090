using System.Data.Common;
using Tenants.Engine.Catalog;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Audit;

/// <summary>Other policies on the table: permissive ones are joined to ours by OR, restrictive ones hide rows from the admin too.</summary>
internal sealed class PolicyRule : TableRule<PolicyRule.Policy>
{
    public override string Sql => """
        select p.polname::text, p.polpermissive,
               pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
               case when 0 = any (p.polroles) then 'PUBLIC'
                    else (select pg_catalog.string_agg(r.rolname::text, ', ' order by r.rolname) from pg_catalog.pg_roles r where r.oid = any (p.polroles)) end,
               0 = any (p.polroles) or p.polroles && $3, p.polroles && $3,
               coalesce((select pg_catalog.pg_get_expr(i.polqual, i.polrelid) from pg_catalog.pg_policy i
                         where i.polrelid = p.polrelid and i.polname = 'tenants_isolation'), ''),
               coalesce((select pg_catalog.pg_get_expr(i.polqual, i.polrelid) from pg_catalog.pg_policy i
                         where i.polrelid = p.polrelid and i.polname = 'tenants_admin'), ''),
               0 = any (p.polroles) or exists (
                   select from pg_catalog.pg_roles a, pg_catalog.unnest(p.polroles) o
                   where a.rolname in ($4, session_user) and o <> 0 and pg_catalog.pg_has_role(a.oid, o, 'usage'))
        from pg_catalog.pg_policy p
        where p.polrelid = $1 and p.polname not in ('tenants_isolation', 'tenants_admin')
        order by p.polname
        """;

    protected override Policy Read(DbDataReader row) => new(
        row.GetString(0),
        row.GetBoolean(1),
        row.IsDBNull(2) ? null : row.GetString(2),
        row.IsDBNull(3) ? null : row.GetString(3),
        row.GetString(4),
        row.GetBoolean(5),
        row.GetBoolean(6),
        row.GetString(7),
        row.GetString(8),
        row.GetBoolean(9));

    protected override IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<Policy> rows)
    {
        foreach (var policy in rows)
        {
            string[] expressions = [.. ((string?[])[policy.Using, policy.Check]).OfType<string>()];
            if (policy.IsPermissive && !(policy.Isolation.Length > 0 && expressions.All(e => Deparsed.Requires(e, policy.Isolation))))
            {
                var whom = policy.IsForTenants ? "to every tenant" : $"of all tenants to {policy.Roles}, and to whom it serves by views and SECURITY DEFINER functions of its own";
                yield return $"{table.Name}: the permissive policy {policy.Name} opens rows {whom}: {Shown(expressions)} is joined to the tenant's policy by OR. Drop it, or make it again as restrictive:{Listing.Statements([$"drop policy {Quote.Identifier(policy.Name)} on {table.Quoted}"])}";
            }
            else if (!policy.IsPermissive && policy.CoversAdmin && !expressions.All(e => Deparsed.Allows(e, policy.Admin)))
            {
                yield return $"{table.Name}: the restrictive policy {policy.Name} hides rows from the admin too: {Shown(expressions)} holds for {policy.Roles}, so what reads as all tenants' rows is not all. Let the admin pass in it: … or {AdminPass.Text(table.Installation)}";
            }

            if (policy.NamesTenants)
            {
                yield return $"{table.Name}: the policy {policy.Name} names a role that tenants' logins belong to ({policy.Roles}), and any member can drop it (DROP OWNED BY). Let it hold for all:{Listing.Statements([$"alter policy {Quote.Identifier(policy.Name)} on {table.Quoted} to public"])}";
            }
        }
    }

    private static string Shown(string[] expressions) => string.Join(" and ", expressions.Distinct());

    internal sealed record Policy(
        string Name,
        bool IsPermissive,
        string? Using,
        string? Check,
        string Roles,
        bool IsForTenants,
        bool NamesTenants,
        string Isolation,
        string Admin,
        bool CoversAdmin);
}
