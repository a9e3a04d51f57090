using static Tenants.Engine.Tests.RedTeam.AttackList;
using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>Large objects, NOTIFY, advisory locks: one for the database.</summary>
internal static class CommonGroundAttacks
{
    private const AttackTrust One = AttackTrust.Scoped | AttackTrust.Shared;

    private const string Closer = "whoever queries: a session, which has a login of its own; a superuser: revoke execute on the lo_* functions from public";

    private const string Owned = "a large object belongs to the login or role that made it, and no policy filters it";

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("read-large-object", AttackFamily.CommonGround, "reads the victim's large object")
        {
            Steps = [Victim("select lo_from_bytea(4711, convert_to('{canary}', 'UTF8'))"), Enemy("select convert_from(lo_get(4711), 'UTF8')")],
            Refusals = ["42501"],
            Listed = [new(One, Owned, Closer)],
            Controls = [AsShared],
        },
        new("write-large-object", AttackFamily.CommonGround, "overwrites the victim's large object")
        {
            Steps = [Victim("select lo_from_bytea(4711, 'victim')"), Enemy("select lo_put(4711, 0, 'enemy!')")],
            Success = Breach.Seen("it holds something else", "select convert_from(lo_get(4711), 'UTF8') = 'enemy!'"),
            Refusals = ["42501"],
            Listed = [new(One, Owned, Closer)],
            Controls = [AsShared],
        },
        new("unlink-large-object", AttackFamily.CommonGround, "removes the victim's large object")
        {
            Steps = [Victim("select lo_from_bytea(4711, 'victim')"), Enemy("select lo_unlink(4711)")],
            Success = Breach.Seen("it is gone", "select not exists (select from pg_largeobject_metadata where oid = 4711)"),
            Refusals = ["42501"],
            Listed = [new(One, Owned, Closer)],
            Controls = [AsShared],
        },
        new("large-object-for-all", AttackFamily.CommonGround, "gives everybody a large object, so that every sealed login is refused")
        {
            Trusts = AttackTrust.Sealed,
            Steps = [Enemy("select lo_create(4711); grant select on large object 4711 to public")],
            Success = Breach.SealedIsRefused("large objects"),
            Controls = [new("that what a login of tenants made is not counted") { Sql = "grant \"{admin}\" to {login}", Undo = "revoke \"{admin}\" from {login}" }],
        },
        new("read-pg-largeobject", AttackFamily.CommonGround, "reads all large objects past their functions")
        {
            Steps = [Victim("select lo_from_bytea(4711, convert_to('{canary}', 'UTF8'))"), Enemy("select convert_from(data, 'UTF8') from pg_largeobject")],
            Refusals = ["42501"],
            Controls = [new("that pg_largeobject is the superuser's") { Sql = "grant select on pg_catalog.pg_largeobject to public" }],
        },
        new("advisory-lock", AttackFamily.CommonGround, "holds an advisory lock that the victim needs")
        {
            Steps = [new(Actor.EnemyMeanwhile, "select pg_advisory_xact_lock(42), pg_sleep(6)"), Victim("set local lock_timeout = '1s'; select pg_advisory_xact_lock(42)")],
            Success = Breach.VictimFails,
            Listed = [new(AttackTrust.All, "advisory locks are one for the database", "the application: no advisory locks for what matters, or numbers that no tenant knows; the statement's limit ends it")],
        },
        new("advisory-locks-of-others", AttackFamily.CommonGround, "sees the numbers of the victim's advisory locks")
        {
            Steps = [new(Actor.VictimMeanwhile, "select pg_advisory_xact_lock(424242), pg_sleep(6)"), Enemy("select objid::text from pg_locks where locktype = 'advisory'")],
            Success = Breach.EnemyGets("424242"),
            Listed = [new(AttackTrust.All, "pg_locks is everybody's to read", "the application: no secret in such a number")],
        },
        new("notify", AttackFamily.CommonGround, "hears what the victim notifies")
        {
            Held = true,
            Trusts = AttackTrust.Bound,
            Steps = [Enemy("listen news"), Victim("notify news, '{canary}'"), Enemy("select 1")],
            Listed = [new(AttackTrust.Bound, "NOTIFY reaches every session that listens, and no privilege stops LISTEN; only a session that lasts hears it", "the application: no secret in a notification")],
        },
    ];
}
