using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>Other databases of the cluster.</summary>
internal static class OtherDatabaseAttacks
{
    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("connect-elsewhere", AttackFamily.OtherDatabases, "may connect to other databases, with everybody's rights there")
        {
            Steps = [Enemy("select case when has_database_privilege(session_user, 'postgres', 'connect') then 'may connect' end")],
            Success = Breach.EnemyGets("may connect"),
            Listed = [new(AttackTrust.All, "CONNECT is everybody's unless a DBA takes it away; the module's roles have no right there", "a DBA: revoke connect on database … from public")],
        },
        new("databases-by-name", AttackFamily.OtherDatabases, "lists the cluster's databases")
        {
            Steps = [Enemy("select datname::text from pg_database")],
            Success = Breach.EnemyGets("postgres"),
            Listed = [new(AttackTrust.All, "pg_database is one for the cluster and everybody's to read", "nobody on the same cluster")],
        },
        new("create-server", AttackFamily.OtherDatabases, "defines a foreign server")
        {
            SuperuserSetup = "create foreign data wrapper elsewhere",
            Steps = [Enemy("create server spy foreign data wrapper elsewhere options (dbname 'postgres')")],
            Success = Breach.Seen("the server is there", "select exists (select from pg_foreign_server where srvname = 'spy')"),
            Refusals = ["42501"],
            Controls = [new("that tenants have no USAGE of the wrapper") { Sql = "grant usage on foreign data wrapper elsewhere to \"{session}\"" }],
        },
        new("user-mapping", AttackFamily.OtherDatabases, "maps itself to a remote user of a foreign server")
        {
            SuperuserSetup = "create foreign data wrapper elsewhere; create server remote foreign data wrapper elsewhere",
            Steps = [Enemy("create user mapping for current_user server remote")],
            Success = Breach.Seen("the mapping is there", "select exists (select from pg_user_mappings where srvname = 'remote')"),
            Refusals = ["42501"],
            Controls = [new("that tenants have no USAGE of the server") { Sql = "grant usage on foreign server remote to \"{session}\"" }],
        },
        new("subscription", AttackFamily.OtherDatabases, "has the server connect elsewhere by a subscription")
        {
            Steps = [Enemy("create subscription spy connection 'dbname=postgres' publication p with (connect = false, create_slot = false, enabled = false, slot_name = none)")],
            Success = Breach.Seen("the subscription is there", "select exists (select from pg_subscription where subname = 'spy' and subdbid = (select oid from pg_database where datname = current_database()))"),
            Refusals = ["42501"],
            Controls =
            [
                new("that only a superuser subscribes") { Sql = "alter role {login} superuser; alter role \"{session}\" superuser", Undo = "drop subscription spy; alter role \"{session}\" nosuperuser" },
            ],
            Trusts = AttackTrust.Sealed,
        },
    ];
}
