using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>Files and programs of the server.</summary>
internal static class FileAttacks
{
    private const string Read = "the rights on the server's files";

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("pg-read-file", AttackFamily.Files, "reads a file of the server")
        {
            Steps = [Enemy("select 'version ' || pg_read_file('PG_VERSION')")],
            Success = Breach.EnemyGets("version 1"),
            Refusals = ["42501"],
            Controls = [new(Read) { Sql = "grant execute on function pg_read_file(text) to public" }],
        },
        new("pg-read-binary-file", AttackFamily.Files, "reads a file of the server as bytes")
        {
            Steps = [Enemy("select 'version ' || convert_from(pg_read_binary_file('PG_VERSION'), 'UTF8')")],
            Success = Breach.EnemyGets("version 1"),
            Refusals = ["42501"],
            Controls = [new(Read) { Sql = "grant execute on function pg_read_binary_file(text) to public" }],
        },
        new("pg-ls-dir", AttackFamily.Files, "lists a directory of the server")
        {
            Steps = [Enemy("select pg_ls_dir('.')")],
            Success = Breach.EnemyGets("PG_VERSION"),
            Refusals = ["42501"],
            Controls = [new(Read) { Sql = "grant execute on function pg_ls_dir(text) to public" }],
        },
        new("pg-stat-file", AttackFamily.Files, "asks whether a file is there")
        {
            Steps = [Enemy("select 'size ' || size from pg_stat_file('PG_VERSION')")],
            Success = Breach.EnemyGets("size 3"),
            Refusals = ["42501"],
            Controls = [new(Read) { Sql = "grant execute on function pg_stat_file(text) to public" }],
        },
        Predefined("copy-from-file", "copies a file of the server into a table", "create temp table loot (x text); copy loot from '{datadir}/PG_VERSION'; select 'version ' || x from loot", Breach.EnemyGets("version 1"), "pg_read_server_files"),
        Predefined("copy-from-program", "runs a program of the server", "create temp table loot (x text); copy loot from program 'echo ran-it'; select x from loot", Breach.EnemyGets("ran-it"), "pg_execute_server_program"),
        Predefined("copy-to-file", "writes a file of the server", "copy (select 'x') to '{datadir}/{db}.txt'", Breach.Seen("the file is there", "select exists (select from pg_stat_file('{db}.txt', true) where size is not null)"), "pg_write_server_files"),
        Predefined("copy-to-program", "gives rows to a program of the server", "copy (select 'x') to program 'cat > \"{datadir}/{db}.prog\"'", Breach.Seen("the file is there", "select exists (select from pg_stat_file('{db}.prog', true) where size is not null)"), "pg_execute_server_program"),
        new("lo-import", AttackFamily.Files, "reads a file of the server into a large object")
        {
            Steps = [Enemy("select lo_import('{datadir}/PG_VERSION', 4712); select 'version ' || convert_from(lo_get(4712), 'UTF8')")],
            Success = Breach.EnemyGets("version 1"),
            Refusals = ["42501"],
            Controls = [new(Read) { Sql = "grant execute on function lo_import(text, oid) to public" }],
        },
        new("lo-export", AttackFamily.Files, "writes a large object to a file of the server")
        {
            Steps = [Enemy("select lo_from_bytea(4713, 'x'); select lo_export(4713, '{datadir}/{db}.lo')")],
            Success = Breach.Seen("the file is there", "select exists (select from pg_stat_file('{db}.lo', true) where size is not null)"),
            Refusals = ["42501"],
            Controls = [new(Read) { Sql = "grant execute on function lo_export(oid, text) to public" }],
        },
        new("language-internal", AttackFamily.Files, "makes a function of the server's own code that asks for no right")
        {
            Steps = [Enemy("create function pg_temp.mine(text) returns text language internal strict as 'pg_read_file_all'; select 'version ' || pg_temp.mine('PG_VERSION')")],
            Success = Breach.EnemyGets("version 1"),
            Refusals = ["42501"],
            Controls = [new("that the language is trusted to nobody") { Sql = "update pg_language set lanpltrusted = true where lanname = 'internal'" }],
        },
        new("language-c", AttackFamily.Files, "makes a function of a library of the server")
        {
            Steps = [Enemy("create function pg_temp.mine() returns int language c as 'plpgsql', 'plpgsql_call_handler'; select 'made it'")],
            Success = Breach.EnemyGets("made it"),
            Refusals = ["42501"],
            Controls = [new("that the language is trusted to nobody") { Sql = "update pg_language set lanpltrusted = true where lanname = 'c'" }],
        },
        new("superusers-setting", AttackFamily.Files, "sets what is the superuser's to set")
        {
            Steps = [Enemy("select set_config('log_statement', 'all', false) || ' set'")],
            Success = Breach.EnemyGets("all set"),
            Refusals = ["42501"],
            Controls = [new("that the setting is the superuser's") { Sql = "alter role {login} superuser; alter role \"{session}\" superuser", Undo = "alter role \"{session}\" nosuperuser" }],
        },
        new("event-trigger", AttackFamily.Files, "has its function run at everybody's DDL")
        {
            Steps = [Enemy("create function pg_temp.spy() returns event_trigger language plpgsql as 'begin end'; create event trigger spy on ddl_command_start execute function pg_temp.spy(); select 'made it'")],
            Success = Breach.EnemyGets("made it"),
            Refusals = ["42501"],
            Controls = [new("that event triggers are the superuser's") { Sql = "alter role {login} superuser; alter role \"{session}\" superuser", Undo = "alter role \"{session}\" nosuperuser" }],
        },
    ];

    private static Attack Predefined(string id, string tries, string sql, Breach success, string role) => new(id, AttackFamily.Files, tries)
    {
        Steps = [Enemy(sql)],
        Success = success,
        Refusals = ["42501"],
        Controls = [new($"that tenants are no members of {role}") { Sql = $"grant {role} to \"{{session}}\"", Undo = $"revoke {role} from \"{{session}}\"" }],
    };
}
