using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Sql;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Connecting;

public class ConnectTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("plain")]
    [InlineData("with space")]
    [InlineData("a\"b'c,d")]
    [InlineData("back\\slash and\ttab")]
    [InlineData("$users")]
    [InlineData("日本")]
    public async Task A_default_schema_may_have_any_name(string schema)
    {
        await using var test = await TestDatabase.CreateAsync();
        await test.ExecuteAsync($"create schema {Quote.Identifier(schema)}; create table {Quote.Identifier(schema, "here")} as select 1 as one");
        await using var database = await OpenAsync(test, schema);
        Assert.Equal(1, await ScalarAsync<int>(database, "select one from here"));
        Assert.Equal(schema, await ScalarAsync<string>(database, "discard all; select current_schema()::text"));
    }

    [Fact]
    public async Task A_schema_that_is_not_there_is_an_error_with_near_names()
    {
        await using var test = await TestDatabase.CreateAsync();
        await test.ExecuteAsync("create schema billing");
        var error = await Assert.ThrowsAsync<TenantException>(() => OpenAsync(test, "biling"));
        Assert.Equal("SchemaNotFound", error.ErrorId);
        Assert.Contains("'billing'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_without_the_right_to_use_it_says_what_to_grant()
    {
        await using var test = await TestDatabase.CreateAsync();
        await TestDatabase.ExecuteAsync(test.Superuser, "create schema hidden");
        var error = await Assert.ThrowsAsync<TenantException>(() => OpenAsync(test, "hidden"));
        Assert.Equal("PermissionDenied", error.ErrorId);
        Assert.Contains($"grant usage on schema \"hidden\" to \"{test.AdminLogin}\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_statement_timeout_is_applied()
    {
        await using var test = await TestDatabase.CreateAsync();
        await using var database = await TenantDatabase.OpenAsync(
            new ConnectionSettings(test.AdminConnectionString) { StatementTimeout = TimeSpan.FromSeconds(0.3) }, Token);
        var clock = Stopwatch.StartNew();
        var error = await Assert.ThrowsAsync<TenantException>(() => ScalarAsync<object>(database, "select pg_sleep(20)"));
        Assert.Equal(("StatementTimeout", "57014"), (error.ErrorId, error.SqlState));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.2, 10);
    }

    [Fact]
    public async Task Unless_told_the_limit_is_120_seconds()
    {
        await using var test = await TestDatabase.CreateAsync();
        await using var database = await OpenAsync(test);
        Assert.Equal(TimeSpan.FromSeconds(120), database.Facts.StatementTimeout);
        Assert.Equal("2min", await ScalarAsync<string>(database, "show statement_timeout"));
    }

    [Fact]
    public async Task The_application_name_carries_the_modules()
    {
        await using var test = await TestDatabase.CreateAsync();
        await using var database = await OpenAsync(test);
        Assert.StartsWith("Tenants/", await ScalarAsync<string>(database, "show application_name"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_may_hold_any_character()
    {
        const string Password = "a;'b\"=c \\ d%@:/?ü日";
        await using var test = await TestDatabase.CreateAsync();
        var (login, connectionString) = await test.CreateLoginAsync("odd");
        await TestDatabase.ExecuteAsync(test.Superuser, $"alter role {login} password {Quote.Literal(Password)}");
        var place = new NpgsqlConnectionStringBuilder(connectionString);
        var uri = $"postgresql://{login}:{Uri.EscapeDataString(Password)}@{Uri.EscapeDataString(place.Host!)}:{place.Port}/{place.Database}";
        ConnectionRequest[] requests =
        [
            new() { Server = place.Host, Port = place.Port, Database = place.Database, UserName = login, Password = Password },
            new() { ConnectionString = uri },
        ];
        foreach (var request in requests)
        {
            await using var database = await TenantDatabase.OpenAsync(SettingsReader.Read(request, _ => null), Token);
            Assert.Equal(login, database.UserName);
        }
    }

    [Fact]
    public async Task A_wrong_password_is_told_without_it()
    {
        await using var test = await TestDatabase.CreateAsync();
        var error = await FailsAsync(test, b => b.Password = "not-the-word");
        Assert.Equal(("AuthenticationFailed", TenantErrorKind.Authentication), (error.ErrorId, error.Kind));
        Assert.DoesNotContain("not-the-word", error.ToString(), StringComparison.Ordinal);
        Assert.Null(error.InnerException);
    }

    [Fact]
    public async Task A_login_that_is_not_there_is_told()
    {
        await using var test = await TestDatabase.CreateAsync();
        Assert.Equal("AuthenticationFailed", (await FailsAsync(test, b => b.Username = "nobody_" + test.Name)).ErrorId);
    }

    [Fact]
    public async Task A_password_that_nobody_gave_is_missed()
    {
        await using var test = await TestDatabase.CreateAsync();
        var error = await FailsAsync(test, b => (b.Password, b.Passfile) = (null, "/dev/null"));
        Assert.Equal("SettingMissing", error.ErrorId);
        Assert.Contains("POSTGRES_PASSWORD", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_told()
    {
        await using var test = await TestDatabase.CreateAsync();
        Assert.Equal("DatabaseNotFound", (await FailsAsync(test, b => b.Database = test.Name + "_no")).ErrorId);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_told()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var error = await FailsAsync("127.0.0.1", port);
        Assert.Equal(("ConnectionFailed", TenantErrorKind.Connection), (error.ErrorId, error.Kind));
        Assert.Contains($"127.0.0.1:{port}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_where_somebody_else_listens_is_told()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync(Token);
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), Token);
        }, Token);
        var error = await FailsAsync("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);
        Assert.Equal("ConnectionFailed", error.ErrorId);
        Assert.Contains(". Check that a PostgreSQL server listens there.", error.Message, StringComparison.Ordinal);
        await answering;
    }

    [Fact]
    public async Task A_name_that_no_machine_has_is_told() =>
        Assert.Equal("ConnectionFailed", (await FailsAsync("no-such-host.invalid", 5432)).ErrorId);

    [Fact]
    public async Task A_socket_that_is_not_there_is_told()
    {
        var error = await FailsAsync("/no/such/folder", 5432);
        Assert.Equal("ConnectionFailed", error.ErrorId);
        Assert.Contains("/no/such/folder/.s.PGSQL.5432", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_call_after_the_server_cut_every_connection_works()
    {
        await using var test = await TestDatabase.CreateAsync();
        await using var database = await OpenAsync(test);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ScalarAsync<object>(database, "select pg_sleep(0.1)")));
        await TestDatabase.ExecuteAsync(test.Superuser, "select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", test.AdminLogin);
        await Task.Delay(150, Token);
        Assert.Equal(2, await ScalarAsync<int>(database, "select 1 + 1"));
    }

    [Fact]
    public async Task A_connection_that_is_cut_in_the_middle_of_a_statement_is_told()
    {
        await using var test = await TestDatabase.CreateAsync();
        await using var database = await OpenAsync(test);
        var running = ScalarAsync<object>(database, "select pg_sleep(20)");
        await Task.Delay(300, Token);
        await TestDatabase.ExecuteAsync(test.Superuser, "select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", test.AdminLogin);
        Assert.Equal("ConnectionLost", (await Assert.ThrowsAsync<TenantException>(() => running)).ErrorId);
    }

    [Fact]
    public async Task A_superuser_gets_one_warning()
    {
        await using var test = await TestDatabase.CreateAsync();
        await using var database = await TenantDatabase.OpenAsync(new ConnectionSettings(test.SuperuserConnectionString), Token);
        Assert.Single(database.Warnings, w => w.Contains("superuser", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Disconnecting_leaves_no_session_on_the_server()
    {
        await using var test = await TestDatabase.CreateAsync();
        await using var database = await OpenAsync(test);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ScalarAsync<object>(database, "select pg_sleep(0.1)")));
        await database.DisposeAsync();
        for (var i = 0; ; i++)
        {
            var left = await TestDatabase.ScalarAsync<long>(test.Superuser, "select count(*) from pg_stat_activity where usename = $1", test.AdminLogin);
            if (left == 0)
            {
                break;
            }

            Assert.True(i < 50, $"{left} sessions are left");
            await Task.Delay(100, Token);
        }

        Assert.Equal("ConnectionClosed", (await Assert.ThrowsAsync<TenantException>(() => ScalarAsync<object>(database, "select 1"))).ErrorId);
    }

    private static Task<TenantDatabase> OpenAsync(TestDatabase test, string schema = "public") =>
        TenantDatabase.OpenAsync(new ConnectionSettings(test.AdminConnectionString) { Schema = schema }, Token);

    private static Task<T> ScalarAsync<T>(TenantDatabase database, string sql) => database.UseAsync(
        async connection =>
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return (T)(await command.ExecuteScalarAsync(Token))!;
        },
        Token);

    private static Task<TenantException> FailsAsync(TestDatabase test, Action<NpgsqlConnectionStringBuilder> change)
    {
        var builder = new NpgsqlConnectionStringBuilder(test.AdminConnectionString);
        change(builder);
        return Assert.ThrowsAsync<TenantException>(() => TenantDatabase.OpenAsync(new ConnectionSettings(builder.ConnectionString), Token));
    }

    private static Task<TenantException> FailsAsync(string server, int port) => Assert.ThrowsAsync<TenantException>(() => TenantDatabase.OpenAsync(
        SettingsReader.Read(new() { Server = server, Port = port, UserName = "u", Password = "p", Database = "d", SslMode = TenantSslMode.Disable, ConnectTimeout = 5 }, _ => null), Token));
}
