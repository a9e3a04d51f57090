using System.Globalization;
using System.Security.Cryptography;

namespace Tenants.Engine.Connections.Pooler;

/// <summary>Something that a session leaves in a backend, that another can recognise and take away. It hurts nobody who finds it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Set">The statement that leaves it.</param>
/// <param name="Find">An expression that is true where it lies in this backend.</param>
/// <param name="Clear">The statement that takes it away, run only where it was found.</param>
internal sealed record ProbeMark(TenantPoolerCrossing Kind, string Set, string Find, string Clear)
{
    /// <summary>A setting's value that nobody else gives it: it chooses between plans of more joins than anybody writes.</summary>
    public static (string Name, string Value) NewSetting() =>
        ("geqo_seed", string.Create(CultureInfo.InvariantCulture, $"0.{RandomNumberGenerator.GetInt32(100_000, 1_000_000)}"));

    /// <summary>
    /// All marks, under names that are new each time. First what a rollback takes away again; then what it does not, which cannot fail.
    /// </summary>
    /// <param name="quotedLogin">The login, as an identifier.</param>
    public static IReadOnlyList<ProbeMark> All(string quotedLogin)
    {
        var name = "tenants_probe_" + RandomNumberGenerator.GetHexString(12, lowercase: true);
        var (setting, value) = NewSetting();
        var (high, low) = (RandomNumberGenerator.GetInt32(int.MaxValue), RandomNumberGenerator.GetInt32(int.MaxValue));
        return
        [
            new(
                TenantPoolerCrossing.TemporaryTable,
                $"create temporary table {name} ()",
                $"exists (select from pg_catalog.pg_class c where c.relname = '{name}' and c.relnamespace = pg_catalog.pg_my_temp_schema())",
                $"drop table pg_temp.{name}"),
            new(
                TenantPoolerCrossing.Listen,
                $"listen {name}",
                $"exists (select from pg_catalog.pg_listening_channels() c where c = '{name}')",
                $"unlisten {name}"),
            new(
                TenantPoolerCrossing.Cursor,
                $"declare {name} cursor with hold for select 1",
                $"exists (select from pg_catalog.pg_cursors c where c.name = '{name}')",
                $"close {name}"),
            new(
                TenantPoolerCrossing.Setting,
                $"set {setting} = {value}",
                $"pg_catalog.current_setting('{setting}') = '{value}'",
                $"reset {setting}"),

            // To itself: that may everyone, and it shows.
            new(
                TenantPoolerCrossing.Role,
                $"set role {quotedLogin}",
                "pg_catalog.current_setting('role') <> 'none'",
                "reset role"),
            new(
                TenantPoolerCrossing.PreparedStatement,
                $"prepare {name} as select 1",
                $"exists (select from pg_catalog.pg_prepared_statements s where s.name = '{name}')",
                $"deallocate {name}"),
            new(
                TenantPoolerCrossing.AdvisoryLock,
                $"select pg_catalog.pg_advisory_lock({high}, {low})",
                $"exists (select from pg_catalog.pg_locks l where l.locktype = 'advisory' and l.pid = pg_catalog.pg_backend_pid() and l.classid = {high} and l.objid = {low})",
                $"select pg_catalog.pg_advisory_unlock({high}, {low})"),
        ];
    }
}
