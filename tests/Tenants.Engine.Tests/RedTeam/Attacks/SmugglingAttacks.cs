using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>Getting a statement past the frame: all but one of these leave their transaction, so that a row stays that was to be undone.</summary>
internal static class SmugglingAttacks
{
    private static readonly Breach s_stays = Breach.Seen("a row of a failed call stays", "select exists (select from public.note where title = 'smuggled')");

    private static readonly Breach s_objectStays = Breach.Seen("a large object of a failed call stays", "select exists (select from pg_largeobject_metadata where oid = 4715)");

    private static readonly Control s_unguarded = new("the guard that reads each statement") { Bare = true };

    private static readonly Control s_noBegin = new("the explicit BEGIN") { WithoutBegin = true };

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        Commit("commit", "commits outright", "commit"),
        Commit("commit-in-comments", "hides COMMIT between comments", "/* select */ commit /* /* nested */ */ -- end"),
        Commit("commit-after-a-quoted-comment", "opens a comment in a string before COMMIT", "select '/*' as \"--\"; commit; select '*/'"),
        Commit("commit-after-a-dollar-quote", "ends a dollar quote where a careless reader would not", "select $a$ $b$ ; $a$; commit; select $b$ $b$"),
        Commit("commit-after-an-escape-string", "ends an escape string where a careless reader would not", """select E'\'' || '\'; commit; select E'\\'"""),
        Commit("commit-after-a-nested-comment", "ends a nested comment where a careless reader would not", "/* /* */ ; */ commit"),
        Commit("end-work", "says END, another word for COMMIT", "end work"),
        Commit("commit-and-chain", "commits and begins another transaction", "commit and chain"),
        Commit("prepare-a-body", "puts COMMIT behind a function's body of statements", "create function pg_temp.f() returns int language sql begin atomic select case when true then 1 else 2 end; end; commit"),
        new("do-commit", AttackFamily.Smuggling, "commits in a DO block")
        {
            Steps = [Enemy("select lo_from_bytea(4715, 'smuggled'); do $$ begin commit; end $$; select 1 / 0")],
            Success = s_objectStays,
            Refusals = ["2D000"],
            Controls = [s_noBegin],
        },
        new("call-commit", AttackFamily.Smuggling, "commits in a procedure of its own")
        {
            Steps = [Enemy("create procedure pg_temp.p() language plpgsql as 'begin commit; end'; select lo_from_bytea(4715, 'smuggled'); call pg_temp.p(); select 1 / 0")],
            Success = s_objectStays,
            Refusals = ["2D000"],
            Controls = [s_noBegin],
        },
        new("do-commit-and-read", AttackFamily.Smuggling, "commits in a DO block, which ends the local role and context, and reads on as the login")
        {
            Steps = [Enemy("do $$ begin commit; raise notice '%', (select string_agg(title, ',') from public.note); end $$")],
            Refusals = ["2D000"],
            Trusts = AttackTrust.Scoped,
            Controls = [new("the explicit BEGIN") { WithoutBegin = true }],
        },
        new("rollback-and-read", AttackFamily.Smuggling, "rolls back, which ends the local role and context, and reads on as the login")
        {
            Steps = [Enemy("rollback; select string_agg(title, ',') from public.note")],
            Refusals = ["TransactionControlRefused"],
            Trusts = AttackTrust.Scoped,
            Controls = [s_unguarded],
        },
    ];

    private static Attack Commit(string id, string tries, string commit) => new(id, AttackFamily.Smuggling, tries)
    {
        Steps = [Enemy($"insert into public.note (tenant, title) values ('acme', 'smuggled'); {commit}; select 1 / 0")],
        Success = s_stays,
        Refusals = ["TransactionControlRefused"],
        Controls = [s_unguarded],
    };
}
