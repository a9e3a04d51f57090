using System.Globalization;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation.Logins;
using Tenants.Engine.Sessions;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Sealed;

/// <summary>Passwords and keys stand nowhere that somebody else reads: not in the server's log at its most talkative, not among running statements, not in errors.</summary>
public class SecretTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_servers_log_with_every_statement_parameter_and_plan_holds_no_secret()
    {
        await using var world = await SealedWorld.CreateAsync();
        Assert.SkipUnless(world.Base.Test.Server.Lane == TestLane.Sandbox, "only a sandbox's log lies where it can be read");
        var begin = (await LogAsync(world)).Length;
        await world.Base.SuperuserAsync($"""
            alter database {world.Base.Test.Name} set log_statement = 'all';
            alter database {world.Base.Test.Name} set log_min_duration_statement = 0;
            alter database {world.Base.Test.Name} set debug_print_parse = on;
            alter database {world.Base.Test.Name} set debug_print_rewritten = on;
            alter database {world.Base.Test.Name} set debug_print_plan = on;
            """);
        await using var admin = await TenantDatabase.OpenAsync(new ConnectionSettings(world.Base.Test.AdminConnectionString), Token);
        var registry = await LoginRegistry.OpenAsync(admin, Token);
        var made = await registry.CreateAsync(new LoginRequest(TenantLoginKind.App), Token);
        world.Base.Test.RegisterRole(made.Name);
        var bound = await registry.CreateAsync(new LoginRequest(TenantLoginKind.Bound) { Tenant = "acme" }, Token);
        var next = await registry.ResetKeyAsync(made.Name, TimeSpan.FromHours(1), Token);
        var sealedOne = await world.ConnectAsync();
        var service = await world.ConnectAsync(new AppLogin(made.Name, made.Password, next.Key!));
        foreach (var database in (TenantDatabase[])[admin, sealedOne, service])
        {
            Assert.Equal(["a1"], await SealedWorld.QueryAsync(database, "acme", "select title from todo_item"));
            await using var session = await OpenSession.OpenAsync(database, "globex", Token);
            Assert.Equal(["g1"], await SealedWorld.QueryAsync(session, "select title from todo_item"));
        }

        var log = (await LogAsync(world))[begin..];
        Assert.Contains($"{world.Schema.Trim('"')}\".enter($1,$2)", log, StringComparison.Ordinal);
        Assert.Contains("SCRAM-SHA-256$", log, StringComparison.Ordinal);
        Assert.Contains("'v2.", log, StringComparison.Ordinal);
        foreach (var secret in (string[])[made.Password!, bound.Password!, .. Forms(made.Key!), .. Forms(next.Key!)])
        {
            Assert.False(log.Contains(secret, StringComparison.OrdinalIgnoreCase), "A secret stands in the server's log.");
        }
    }

    [Fact]
    public async Task Control_key_bytes_that_stand_in_a_plan_are_found_in_the_log()
    {
        await using var world = await SealedWorld.CreateAsync();
        Assert.SkipUnless(world.Base.Test.Server.Lane == TestLane.Sandbox, "only a sandbox's log lies where it can be read");
        var hex = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)).ToLowerInvariant();
        var begin = (await LogAsync(world)).Length;
        await world.Base.SuperuserAsync($"set debug_print_plan = on; select count(*) from todo_item where decode(title, 'escape') = decode('{hex}', 'hex')");
        var log = (await LogAsync(world))[begin..];
        Assert.Contains(Forms($"tk1.x.{hex}").Last(), log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_statement_shows_no_secret_and_no_token()
    {
        await using var world = await SealedWorld.CreateAsync();
        var registry = await LoginRegistry.OpenAsync(world.Base.Database, Token);
        var database = await world.ConnectAsync();

        // Each statement that has to do with a secret is held by a lock, and a superuser, who sees all texts, looks.
        string atRole, atKey, atEnter;
        Task<LoginSecret> creating;
        await using (var key = await HoldAsync(world, $"lock table {world.Schema}.key in exclusive mode"))
        {
            creating = registry.CreateAsync(new LoginRequest(TenantLoginKind.App), Token);
            atKey = await WaitForAsync(world, ".create_key(");
        }

        var made = await creating;
        world.Base.Test.RegisterRole(made.Name);
        Task<LoginSecret> again;
        await using (var role = await HoldAsync(world, "lock table pg_catalog.pg_authid in share mode"))
        {
            again = registry.CreateAsync(new LoginRequest(TenantLoginKind.Bound) { Tenant = "acme" }, Token);
            atRole = await WaitForAsync(world, "create role");
        }

        var bound = await again;
        Task<List<string?>> querying;
        await using (var key = await HoldAsync(world, $"lock table {world.Schema}.key in access exclusive mode"))
        {
            querying = SealedWorld.QueryAsync(database, "acme", "select title from todo_item");
            atEnter = await WaitForAsync(world, ".enter($1,");
        }

        Assert.Equal(["a1"], await querying);
        var seen = atRole + atKey + atEnter;
        Assert.Contains("SCRAM-SHA-256$", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("v2.", seen, StringComparison.Ordinal);
        AssertHoldsNone(seen, made, bound);
    }

    [Fact]
    public async Task No_process_has_a_secret_among_its_arguments_or_in_its_environment()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the system shows them in /proc");
        await using var world = await SealedWorld.CreateAsync();
        var registry = await LoginRegistry.OpenAsync(world.Base.Database, Token);
        var made = await registry.CreateAsync(new LoginRequest(TenantLoginKind.App), Token);
        world.Base.Test.RegisterRole(made.Name);
        var bound = await registry.CreateAsync(new LoginRequest(TenantLoginKind.Bound) { Tenant = "acme" }, Token);
        var service = await world.ConnectAsync(new AppLogin(made.Name, made.Password, made.Key!));
        await using var session = await OpenSession.OpenAsync(service, "acme", Token);
        Assert.Equal(["a1"], await SealedWorld.QueryAsync(session, "select title from todo_item"));

        var seen = string.Join('\n', Directory.GetDirectories("/proc").SelectMany(process => (string[])["cmdline", "environ"], (process, file) => ReadProcess($"{process}/{file}")));
        Assert.Contains("Tenants.Engine.Tests", seen, StringComparison.Ordinal);

        // The server writes the login, the database and where it comes from into its process's title.
        Assert.Contains(made.Name, seen, StringComparison.Ordinal);
        AssertHoldsNone(seen, made, bound);
    }

    private static string ReadProcess(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended, or is somebody else's.
            return "";
        }
    }

    private static void AssertHoldsNone(string text, params LoginSecret[] secrets)
    {
        foreach (var secret in secrets.SelectMany(s => (string[])[s.Password!, .. s.Key is null ? [] : Forms(s.Key)]))
        {
            Assert.False(text.Contains(secret, StringComparison.OrdinalIgnoreCase), "A secret is shown.");
        }
    }

    /// <summary>A superuser's transaction that holds a lock until it is disposed of.</summary>
    private static async Task<Npgsql.NpgsqlConnection> HoldAsync(SealedWorld world, string sql)
    {
        var connection = await world.Base.Test.Superuser.OpenConnectionAsync(Token);
        await using var command = new Npgsql.NpgsqlCommand($"begin; {sql}", connection);
        await command.ExecuteNonQueryAsync(Token);
        return connection;
    }

    /// <summary>All texts that the database's sessions show once one that holds a text waits for a lock.</summary>
    private static async Task<string> WaitForAsync(SealedWorld world, string text)
    {
        for (var until = DateTime.UtcNow.AddSeconds(30); ; await Task.Delay(20, Token))
        {
            var waiting = await TestDatabase.ColumnAsync<string>(
                world.Base.Test.Superuser, "select query from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and position($1 in replace(query, '\"', '')) > 0", text);
            if (waiting.Count > 0)
            {
                return string.Join('\n', await TestDatabase.ColumnAsync<string>(world.Base.Test.Superuser, "select query from pg_stat_activity where datname = current_database()"));
            }

            Assert.True(DateTime.UtcNow < until, $"Nothing waits with the text {text}.");
        }
    }

    // The key in hex, and the first bytes of its padded halves as hex and as plans print them, less the blanks.
    private static IEnumerable<string> Forms(string key)
    {
        var hex = key.Split('.')[2];
        yield return hex;
        var bytes = Convert.FromHexString(hex);
        foreach (var pad in (byte[])[0x36, 0x5c])
        {
            var padded = bytes[..10].Select(b => (byte)(b ^ pad)).ToArray();
            yield return Convert.ToHexString(padded);
            yield return string.Concat(padded.Select(b => ((sbyte)b).ToString(CultureInfo.InvariantCulture)));
        }

        yield return string.Concat(bytes[..10].Select(b => ((sbyte)b).ToString(CultureInfo.InvariantCulture)));
    }

    // Without its white space: a plan is broken into lines of 78 characters wherever it is, in the midst of a number too (print.c, pretty_format_node_dump).
    private static async Task<string> LogAsync(SealedWorld world) => string.Concat((await TestDatabase.ScalarAsync<string>(
        world.Base.Test.Superuser, "select convert_from(pg_read_binary_file(regexp_replace(current_setting('data_directory'), '/[^/]+/?$', '') || '/postgres.log'), 'UTF8')"))!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
