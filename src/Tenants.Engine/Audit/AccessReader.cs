using Npgsql;
using Tenants.Engine.Catalog;

namespace Tenants.Engine.Audit;

/// <summary>Reads which logins have rights on a table, and works out what each will see. One query, however many logins there are.</summary>
internal static class AccessReader
{
    // Rights count that can be used: the login may connect and use the schema. The functions see through ownership, column
    // rights, memberships, PUBLIC and predefined roles alike.
    private const string Logins = """
        with t as (
            select c.oid, c.relnamespace, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
                   exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid) as has_policies
            from pg_catalog.pg_class c where c.oid = $1),
        r as (
            select l.oid, l.rolname, l.rolsuper, l.rolbypassrls,
                   pg_catalog.array_remove(array[
                       case when pg_catalog.has_any_column_privilege(l.oid, t.oid, 'select') then 'SELECT' end,
                       case when pg_catalog.has_any_column_privilege(l.oid, t.oid, 'insert') then 'INSERT' end,
                       case when pg_catalog.has_any_column_privilege(l.oid, t.oid, 'update') then 'UPDATE' end,
                       case when pg_catalog.has_table_privilege(l.oid, t.oid, 'delete') then 'DELETE' end], null) as rights
            from pg_catalog.pg_roles l cross join t
            where l.rolcanlogin
              and pg_catalog.has_database_privilege(l.oid, pg_catalog.current_database(), 'connect')
              and pg_catalog.has_schema_privilege(l.oid, t.relnamespace, 'usage')),
        everyone as (
            select pg_catalog.array_remove(array[
                       case when pg_catalog.has_any_column_privilege('public', t.oid, 'select') then 'SELECT' end,
                       case when pg_catalog.has_any_column_privilege('public', t.oid, 'insert') then 'INSERT' end,
                       case when pg_catalog.has_any_column_privilege('public', t.oid, 'update') then 'UPDATE' end,
                       case when pg_catalog.has_table_privilege('public', t.oid, 'delete') then 'DELETE' end], null) as rights
            from t)
        select r.rolname::text, r.rights, r.rolsuper, r.rolbypassrls, r.rolname = session_user,
               exists (select from pg_catalog.pg_roles a where a.rolname = $2 and pg_catalog.pg_has_role(r.oid, a.oid, 'usage')),
               r.oid in (select b.oid from bound b),
               pg_catalog.pg_has_role(r.oid, t.relowner, 'usage'),
               r.rights <@ everyone.rights and not pg_catalog.pg_has_role(r.oid, t.relowner, 'usage'),
               not t.relrowsecurity or t.has_policies or (not t.relforcerowsecurity and pg_catalog.pg_has_role(r.oid, t.relowner, 'usage'))
        from r cross join t cross join everyone
        where pg_catalog.cardinality(r.rights) > 0
        order by r.rolname
        """;

    /// <summary>The logins with rights on the table, by name.</summary>
    public static async Task<IReadOnlyList<LoginAccess>> ReadAsync(NpgsqlConnection connection, AuditedTable table, CancellationToken cancellationToken)
    {
        var bound = await BoundLogins.QueryAsync(connection, table.Installation, cancellationToken).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(Logins.Replace("from bound b", $"from ({bound}) b", StringComparison.Ordinal), connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = table.Oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid },
                new NpgsqlParameter<string> { TypedValue = table.Installation.AdminRole },
            },
        };
        var logins = new List<LoginAccess>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            logins.Add(new LoginAccess(reader.GetString(0), reader.GetFieldValue<string[]>(1))
            {
                IsSuperuser = reader.GetBoolean(2),
                BypassesRls = reader.GetBoolean(3),
                IsSelf = reader.GetBoolean(4),

                // Whoever runs the plan is an admin once it has run, and so is the table's owner.
                IsAdmin = reader.GetBoolean(5) || reader.GetBoolean(4) || reader.GetBoolean(7),
                IsBound = reader.GetBoolean(6),
                IsOwner = reader.GetBoolean(7),
                IsPublicOnly = reader.GetBoolean(8),
                SeesToday = reader.GetBoolean(9),
            });
        }

        return logins;
    }
}
