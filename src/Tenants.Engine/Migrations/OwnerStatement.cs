using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Migrations;

/// <summary>
/// The owner of a table, who goes on seeing its rows under FORCE: looked up where the migration runs, for he may have another name
/// there, and a server from 16 on wants the grant worded in another way.
/// </summary>
internal static class OwnerStatement
{
    /// <summary>Makes the owners of a table, its partitions and children admins, where they are not.</summary>
    public static MigrationStatement Grant(Installation installation, string quotedTable) => new(
        "the table's owner goes on seeing all rows",
        Block(
            installation,
            quotedTable,
            "not (r.rolsuper or r.rolbypassrls or pg_catalog.pg_has_role(r.oid, admin_role, 'usage'))",
            """
            execute pg_catalog.format('grant %I to %I', admin_role, owner) operator(pg_catalog.||)
                        case when pg_catalog.current_setting('server_version_num')::integer >= 160000 then ' with inherit true, set true' else '' end;
            """));

    /// <summary>Takes that back, but for the login itself, which works through it.</summary>
    public static MigrationStatement Revoke(Installation installation, string quotedTable) => new(
        "the table's owner is no admin any more",
        Block(installation, quotedTable, "r.rolname <> session_user", "execute pg_catalog.format('revoke %I from %I', admin_role, owner);"));

    private static string Block(Installation installation, string quotedTable, string condition, string statement) => $"do {Quote.Dollar($"""
        declare
            admin_role constant text := (select value from {installation.QuotedSchema}.setting where name = 'admin_role');
            owner text;
        begin
            for owner in
                with recursive family(oid) as (
                    select {Quote.Literal(quotedTable)}::pg_catalog.regclass::pg_catalog.oid
                    union
                    select h.inhrelid from family f join pg_catalog.pg_inherits h on h.inhparent = f.oid)
                select distinct r.rolname::text
                from family f join pg_catalog.pg_class c on c.oid = f.oid join pg_catalog.pg_roles r on r.oid = c.relowner
                where {condition}
            loop
                {statement.TrimEnd()}
            end loop;
        end
        """)}";
}
