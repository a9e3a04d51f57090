using Npgsql;
using Tenants.Engine.Connections;
using Xunit;

namespace Tenants.Engine.Tests.Connecting;

public class SettingsReaderTests
{
    private const string OddPassword = "p;'\"= \\ ü日本%@:/?#[]{}`$";

    [Fact]
    public void The_services_own_variables_say_everything()
    {
        var settings = Read(new(), ("POSTGRES_SERVER", "127.0.0.1"), ("POSTGRES_PORT", "6000"), ("POSTGRES_USER", "u"), ("POSTGRES_PASSWORD", OddPassword), ("POSTGRES_DB", "d"), ("POSTGRES_STATEMENT_TIMEOUT_SECONDS", "7"));
        Assert.Equal(("127.0.0.1", 6000, "u", OddPassword, "d"), Parts(settings));
        Assert.Equal(TimeSpan.FromSeconds(7), settings.StatementTimeout);
    }

    [Fact]
    public void Libpqs_variables_fill_what_the_services_own_leave_open()
    {
        var settings = Read(new(), ("POSTGRES_SERVER", "127.0.0.1"), ("PGHOST", "elsewhere"), ("PGPORT", "6001"), ("PGUSER", "u"), ("PGPASSWORD", "p"), ("PGDATABASE", "d"), ("PGCONNECT_TIMEOUT", "3"));
        Assert.Equal(("127.0.0.1", 6001, "u", "p", "d"), Parts(settings));
        Assert.Equal(3, Final(settings).Timeout);
    }

    [Fact]
    public void Parameters_win_over_the_connection_string_and_that_over_the_environment()
    {
        var request = new ConnectionRequest { ConnectionString = "Host=::1;Username=text;Database=text", UserName = "named" };
        var settings = Read(request, ("PGHOST", "elsewhere"), ("PGUSER", "env"), ("PGDATABASE", "env"), ("PGPASSWORD", "env"));
        Assert.Equal(("::1", 5432, "named", "env", "text"), Parts(settings));
    }

    [Fact]
    public void What_is_complete_in_itself_takes_nothing_from_the_environment()
    {
        var request = new ConnectionRequest { ConnectionString = "Host=127.0.0.1;Username=u;Database=d", UseEnvironment = false };
        Assert.Equal(TenantSslMode.Prefer.ToString(), Final(Read(request, ("PGSSLMODE", "verify-full"), ("PGPASSWORD", "env"))).SslMode.ToString());
    }

    [Fact]
    public void Beside_an_app_login_the_environment_names_no_admin_and_no_password()
    {
        var app = new AppRequest("svc", "secret", "key");
        (string, string)[] environment = [("POSTGRES_USER", "boss"), ("POSTGRES_PASSWORD", "word"), ("PGUSER", "boss"), ("PGPASSWORD", "word"), ("PGHOST", "h"), ("POSTGRES_DB", "d")];
        var alone = Read(new() { App = app }, environment);
        Assert.False(alone.HasAdmin);
        Assert.Equal(("h", 5432, "svc", null, "d"), Parts(alone));
        Assert.Equal(("svc", "secret", "key"), (alone.App!.UserName, alone.App.Password, alone.App.Key));

        var both = Read(new() { App = app, UserName = "named" }, environment);
        Assert.True(both.HasAdmin);
        Assert.Equal(("h", 5432, "named", "word", "d"), Parts(both));
        Assert.True(Read(new() { App = app, ConnectionString = "Username=named;Host=h;Database=d" }, environment).HasAdmin);
        Assert.False(Read(new() { App = app, ConnectionString = "Password=word;Host=h;Database=d" }, environment).HasAdmin);
    }

    [Fact]
    public void An_app_logins_key_comes_by_name_else_from_its_variable()
    {
        var app = new AppRequest("svc", null, null);
        (string, string)[] place = [("PGHOST", "h"), ("PGDATABASE", "d")];
        Assert.Equal("k", Read(new() { App = app }, [.. place, ("TENANTS_KEY", "k\n")]).App!.Key);
        Assert.Equal("named", Read(new() { App = app with { Key = "named" } }, [.. place, ("TENANTS_KEY", "k")]).App!.Key);
        Assert.Equal("SettingMissing", Assert.Throws<TenantException>(() => Read(new() { App = app }, place)).ErrorId);
        Assert.Null(Read(new() { UserName = "u" }, [.. place, ("TENANTS_KEY", "k")]).App);
        Assert.DoesNotContain("secret", $"{new ConnectionRequest { App = new AppRequest("svc", "secret", "secret"), Password = "secret" }}", StringComparison.Ordinal);
    }

    [Fact]
    public void An_admins_server_behind_a_pooler_is_verified_where_it_is_elsewhere()
    {
        var request = new ConnectionRequest { Server = "127.0.0.1", Port = 6432, Database = "d", UserName = "u", AdminServer = "db1.example", AdminPort = 5432 };
        var settings = Read(request);
        var admin = new NpgsqlConnectionStringBuilder(settings.ToDataSourceString());
        var tenants = new NpgsqlConnectionStringBuilder(settings.ToDataSourceString("login", isPooled: true));
        Assert.Equal(("db1.example", 5432, SslMode.VerifyFull), (admin.Host, admin.Port, admin.SslMode));
        Assert.Equal(("127.0.0.1", 6432, SslMode.Prefer), (tenants.Host, tenants.Port, tenants.SslMode));
        Assert.Contains("db1.example", Assert.Single(Read(request with { SslMode = TenantSslMode.Require }).Warnings), StringComparison.Ordinal);
        Assert.Equal("SettingMissing", Assert.Throws<TenantException>(() => Read(request with { UserName = null, App = new AppRequest("svc", null, "k") })).ErrorId);
    }

    [Theory]
    [InlineData("Host=h;Port=6;Username=u;Password=p;Database=d")]
    [InlineData("Server=h;Port=6;User Id=u;PWD=p;DB=d")]
    [InlineData("host=h;port=6;user=u;password=p;dbname=d")]
    [InlineData("host=h port=6 user=u password=p dbname=d")]
    [InlineData("host = 'h'  port='6' user=u password='p' dbname=d client_encoding=UTF8")]
    [InlineData("postgresql://u:p@h:6/d")]
    [InlineData("postgres://u@h/d?password=p&port=6")]
    [InlineData("POSTGRESQL:///d?host=h&port=6&user=u&password=p")]
    public void Every_form_of_a_connection_string_says_the_same(string text) =>
        Assert.Equal(("h", 6, "u", "p", "d"), Parts(Read(new() { ConnectionString = text })));

    [Fact]
    public void A_password_may_hold_any_character_in_every_form()
    {
        var npgsql = new NpgsqlConnectionStringBuilder { Host = "h", Username = "u", Database = "d", Password = OddPassword }.ConnectionString;
        var libpq = $"host=h user=u dbname=d password='{OddPassword.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
        var uri = $"postgresql://u:{Uri.EscapeDataString(OddPassword)}@h/d";
        foreach (var text in (string[])[npgsql, libpq, uri])
        {
            Assert.Equal(OddPassword, Final(Read(new() { ConnectionString = text })).Password);
        }

        Assert.Equal(OddPassword, Final(Read(new() { Server = "h", UserName = "u", Database = "d", Password = OddPassword })).Password);
    }

    [Theory]
    [InlineData("postgresql://u@[::1]:6/d", "::1", 6)]
    [InlineData("postgresql://u@[fe80::1%25eth0]/d", "fe80::1%eth0", 5432)]
    [InlineData("postgresql://u@%2Fvar%2Frun%2Fpostgresql/d", "/var/run/postgresql", 5432)]
    public void A_uri_may_name_an_IPv6_address_or_a_sockets_folder(string uri, string host, int port)
    {
        var settings = Read(new() { ConnectionString = uri });
        Assert.Equal((host, port), (Final(settings).Host, Final(settings).Port));
    }

    [Fact]
    public void A_uris_parameters_are_libpqs()
    {
        var built = Final(Read(new() { ConnectionString = "postgresql://u@h/my%20db?sslmode=require&application_name=nightly&options=-c%20work_mem%3D8MB&connect_timeout=4" }));
        Assert.Equal(("my db", SslMode.Require, 4), (built.Database, built.SslMode, built.Timeout));
        Assert.Contains("nightly", built.ApplicationName, StringComparison.Ordinal);
        Assert.StartsWith("Tenants/", built.ApplicationName, StringComparison.Ordinal);
        Assert.Contains("-c work_mem=8MB", built.Options, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POSTGRES_PORT", "port")]
    [InlineData("POSTGRES_PORT", "70000")]
    [InlineData("PGPORT", "5432,5433")]
    [InlineData("PGCONNECT_TIMEOUT", "soon")]
    [InlineData("POSTGRES_STATEMENT_TIMEOUT_SECONDS", "2min")]
    [InlineData("POSTGRES_STATEMENT_TIMEOUT_SECONDS", "-1")]
    [InlineData("PGSSLMODE", "yes")]
    [InlineData("PGSSLROOTCERT", "/no/such/file")]
    public void A_bad_value_is_named_with_its_source(string variable, string value)
    {
        var error = Fails(new() { Server = "h", UserName = "u", Database = "d" }, (variable, value));
        Assert.Equal("InvalidSetting", error.ErrorId);
        Assert.Contains(variable, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=h;Username=u;Database=d;Password=secret;x;y")]
    [InlineData("Host=h;Username=u;Database=d;Password=a;secret=b")]
    [InlineData("host=h user=u dbname=d password=a;secret")]
    [InlineData("postgresql://u:secret%zz@h/d")]
    [InlineData("postgresql://u:secret/x@h/d")]
    public void A_connection_string_that_cannot_be_read_is_not_quoted(string text)
    {
        var error = Fails(new() { ConnectionString = text });
        Assert.Equal("InvalidSetting", error.ErrorId);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "u", "d", "POSTGRES_SERVER", "PGHOST")]
    [InlineData("h", null, "d", "POSTGRES_USER", "PGUSER")]
    [InlineData("h", "u", null, "POSTGRES_DB", "PGDATABASE")]
    public void A_missing_setting_is_named_with_all_the_ways_to_give_it(string? server, string? user, string? database, string own, string libpq)
    {
        var error = Fails(new() { Server = server, UserName = user, Database = database });
        Assert.Equal("SettingMissing", error.ErrorId);
        Assert.All([own, libpq, "-ConnectionString", "PGSERVICE"], way => Assert.Contains(way, error.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("db.example.com", null, SslMode.VerifyFull, false)]
    [InlineData("192.0.2.7", null, SslMode.VerifyFull, false)]
    [InlineData("127.0.0.1,db.example.com", null, SslMode.VerifyFull, false)]
    [InlineData("db.example.com", TenantSslMode.Require, SslMode.Require, true)]
    [InlineData("db.example.com", TenantSslMode.VerifyCA, SslMode.VerifyCA, true)]
    [InlineData("db.example.com", TenantSslMode.VerifyFull, SslMode.VerifyFull, false)]
    [InlineData("localhost", null, SslMode.Prefer, false)]
    [InlineData("127.0.0.1", TenantSslMode.Disable, SslMode.Disable, false)]
    [InlineData("::1", null, SslMode.Prefer, false)]
    [InlineData("/var/run/postgresql", null, SslMode.Prefer, false)]
    public void Another_machine_is_verified_unless_told_otherwise(string server, TenantSslMode? given, SslMode expected, bool warns)
    {
        var settings = Read(new() { Server = server, UserName = "u", Database = "d", SslMode = given });
        Assert.Equal(expected, Final(settings).SslMode);
        Assert.Equal(warns ? 1 : 0, settings.Warnings.Count);
    }

    [Fact]
    public void PGSSLMODE_says_otherwise_too()
    {
        var settings = Read(new() { Server = "db.example.com", UserName = "u", Database = "d" }, ("PGSSLMODE", "verify-ca"));
        Assert.Equal(SslMode.VerifyCA, Final(settings).SslMode);
        Assert.Contains("PGSSLMODE", Assert.Single(settings.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_says_what_no_variable_of_libpq_overrides()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("pg_service.conf", "# services\n[other]\nhost=wrong\n\n[nightly]\nhost=127.0.0.1\nport=6002\nuser=u\ndbname=d\npassword=a b=c\n[last]\nhost=wrong\n");
        var settings = Read(new(), ("PGSERVICE", "nightly"), ("PGSERVICEFILE", file), ("PGHOST", "env"), ("PGUSER", "env"));
        Assert.Equal(("127.0.0.1", 6002, "u", "a b=c", "d"), Parts(settings));
    }

    [Fact]
    public void The_services_file_is_looked_for_in_the_home_and_the_systems_folder()
    {
        using var folder = new TemporaryFolder();
        folder.Write("pg_service.conf", "[s]\nhost=127.0.0.1\nuser=u\ndbname=d\n");
        Assert.Equal("127.0.0.1", Final(Read(new() { Service = "s" }, ("HOME", folder.Path), ("PGSYSCONFDIR", folder.Path))).Host);
        folder.Write(".pg_service.conf", "[s]\nhost=::1\nuser=u\ndbname=d\n");
        Assert.Equal("::1", Final(Read(new() { Service = "s" }, ("HOME", folder.Path), ("APPDATA", folder.Path), ("PGSYSCONFDIR", folder.Path))).Host);
    }

    [Fact]
    public void A_service_that_is_not_there_is_an_error() =>
        Assert.Equal("ServiceNotFound", Fails(new() { Service = "no" }, ("HOME", "/no/such/folder")).ErrorId);

    [Fact]
    public void The_password_file_keeps_libpqs_rules()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("pass", "# comment\nnot a line\n127.0.0.1:5432:d:other:wrong\n127.0.0.1:*:d\\:x:u:a\\:b\\\\c \n*:*:*:*:any\n", ownerOnly: true);
        Assert.Equal("a:b\\c ", Password("d:x"));
        Assert.Equal("any", Password("d"));

        string? Password(string database) => Final(Read(new() { Server = "127.0.0.1", UserName = "u", Database = database }, ("PGPASSFILE", file))).Password;
    }

    [Fact]
    public void For_a_socket_the_password_file_says_localhost()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("pass", "localhost:5432:d:u:p", ownerOnly: true);
        Assert.Equal("p", Final(Read(new() { Server = "/run", UserName = "u", Database = "d" }, ("PGPASSFILE", file))).Password);
    }

    [Fact]
    public void A_password_file_that_others_may_read_is_not_used()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such rule.");
        using var folder = new TemporaryFolder();
        var file = folder.Write("pass", "*:*:*:*:any");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        var settings = Read(new() { Server = "127.0.0.1", UserName = "u", Database = "d" }, ("PGPASSFILE", file));
        Assert.Null(Final(settings).Password);
        Assert.Contains("chmod 600", Assert.Single(settings.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_that_nobody_names_leaves_room_for_the_users_own_option()
    {
        var given = Final(Read(new() { ConnectionString = "Host=127.0.0.1;Username=u;Database=d;Options=-c statement_timeout=9" })).Options!;
        Assert.True(given.IndexOf("statement_timeout=9", StringComparison.Ordinal) > given.IndexOf("statement_timeout=120000", StringComparison.Ordinal));
        Assert.Equal(TimeSpan.FromSeconds(5), Read(new() { ConnectionString = "Host=127.0.0.1;Username=u;Database=d;Command Timeout=5" }).StatementTimeout);
    }

    private static ConnectionSettings Read(ConnectionRequest request, params (string Name, string Value)[] environment) =>
        SettingsReader.Read(request, name => environment.FirstOrDefault(e => e.Name == name).Value);

    private static TenantException Fails(ConnectionRequest request, params (string Name, string Value)[] environment) =>
        Assert.Throws<TenantException>(() => Read(request, environment));

    private static NpgsqlConnectionStringBuilder Final(ConnectionSettings settings) => new(settings.ToDataSourceString());

    private static (string? Host, int Port, string? User, string? Password, string? Database) Parts(ConnectionSettings settings)
    {
        var built = Final(settings);
        return (built.Host, built.Port, built.Username, built.Password, built.Database);
    }
}
