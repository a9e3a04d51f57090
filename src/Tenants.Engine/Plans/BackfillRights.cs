using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>What an expression that fills in tenants needs, and what it may run: it runs with the rights of the admin who made it.</summary>
internal static class BackfillRights
{
    // All that the view's rule calls, by name, operator or cast, and so on through the views that it reads. Membership is asked of the
    // catalog and not by pg_has_role, to which a superuser is a member of every role.
    private const string Strangers = """
        with recursive
        mine(oid) as (
            select r.oid from pg_catalog.pg_roles r where r.rolname = session_user or r.rolname = $2 or r.rolsuper
            union
            select m.roleid from mine join pg_catalog.pg_auth_members m on m.member = mine.oid),
        used(classid, objid) as (
            select 'pg_catalog.pg_class'::pg_catalog.regclass::oid, $1::pg_catalog.regclass::oid
            union
            select d.refclassid, d.refobjid
            from used u
            join pg_catalog.pg_rewrite r on u.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and r.ev_class = u.objid
            join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid),
        called(what, name, owner) as (
            select 'function', p.oid::pg_catalog.regprocedure::text, p.proowner
            from used u join pg_catalog.pg_proc p on u.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and p.oid = u.objid
            union all
            select 'function', p.oid::pg_catalog.regprocedure::text, p.proowner
            from used u join pg_catalog.pg_operator o on u.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass and o.oid = u.objid
            join pg_catalog.pg_proc p on p.oid = o.oprcode
            union all
            select 'type', t.oid::pg_catalog.regtype::text, t.typowner
            from used u join pg_catalog.pg_type t on u.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and t.oid = u.objid
            union all
            select 'view', c.oid::pg_catalog.regclass::text, c.relowner
            from used u join pg_catalog.pg_class c on u.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid = u.objid and c.relkind = 'v')
        select c.what, c.name, pg_catalog.pg_get_userbyid(c.owner)::text
        from called c where c.owner not in (select oid from mine) order by c.what, c.name limit 1
        """;

    /// <summary>Fails where the login may make no temporary view, by which the server reads the expression.</summary>
    /// <exception cref="TenantException"><c>PermissionDenied</c>.</exception>
    public static async Task EnsureTemporaryAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY'), pg_catalog.current_database()::text, session_user::text", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (!reader.GetBoolean(0))
        {
            throw new TenantException(
                "PermissionDenied",
                TenantErrorKind.PermissionDenied,
                $"The server reads what -Backfill holds by way of a temporary view, and the login {reader.GetString(2)} may make none in this database. Let it: grant temporary on database {Quote.Identifier(reader.GetString(1))} to {Quote.Identifier(reader.GetString(2))}")
            {
                Target = reader.GetString(1),
            };
        }
    }

    /// <summary>Fails where the expression runs what a lesser role owns, which could have it do anything with the admin's rights later.</summary>
    /// <param name="context">The connection, in the transaction that has the view.</param>
    /// <param name="view">The view that holds the expression.</param>
    /// <param name="table">The table whose rows it fills in.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>BackfillNotTrusted</c>.</exception>
    public static async Task EnsureTrustedAsync(EnableContext context, string view, TableState table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Strangers, context.Connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = view }, new NpgsqlParameter<string> { TypedValue = context.Installation.OwnerRole } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        if (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            throw new TenantException(
                "BackfillNotTrusted",
                TenantErrorKind.PermissionDenied,
                $"What -Backfill holds uses the {reader.GetString(0)} {reader.GetString(1)}, which belongs to {reader.GetString(2)}: neither a superuser nor a role of yours. It would run with your rights, whatever {reader.GetString(2)} makes of it later. Write the expression without it, or make that {reader.GetString(0)} yours first (alter {reader.GetString(0)} … owner to …) after you have read it.")
            {
                Table = table.DisplayName,
                Target = table.DisplayName,
            };
        }
    }
}
