using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Tests.Support;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>
/// The scene of one attack: a database with the tenants acme (the enemy) and globex (the victim), and tables of several kinds.
/// Each is a copy of one that is made once.
/// </summary>
internal sealed class AttackWorld : IAsyncDisposable
{
    /// <summary>What stands in the victim's rows, and in no attack's SQL.</summary>
    public const string Canary = "canary-of-globex";

    private static readonly string[] s_tenantTables = ["public.note", "public.event", "public.base_item", "public.project", "public.task", "public.contact", "public.coupon", "public.step", "public.account"];

    private const string Tables = """
        create table public.note (id int generated always as identity primary key, tenant text not null, title text not null, kind text not null default 'plain');
        create table public.event (id int not null, tenant text not null, at date not null, what text) partition by range (at);
        create table public.event_early partition of public.event for values from ('2020-01-01') to ('2021-01-01');
        create table public.account (tenant text not null, name text) partition by list (tenant);
        create table public.account_a partition of public.account for values in ('acme');
        create table public.account_g partition of public.account for values in ('globex');
        create table public.base_item (id int, tenant text not null, title text);
        create table public.child_item () inherits (public.base_item);
        create table public.project (id serial primary key, tenant text not null, name text, unique (tenant, id));
        create table public.task (id int, tenant text not null, project_id int references public.project (id));
        create table public.step (id int, tenant text not null, project_id int, constraint step_project foreign key (tenant, project_id) references public.project (tenant, id));
        create table public.contact (tenant text not null, email text not null, unique (tenant, email));
        create table public.coupon (tenant text not null, code varchar not null unique);
        create table public.outbox (id int);
        create table public.plain (tenant text not null, title text);
        """;

    private const string Rows = """
        insert into public.note (tenant, title) values ('acme', 'of acme'), ('globex', '{canary}');
        insert into public.note (tenant, title, kind) select 'globex', '{canary} ' || n % 3, 'rare' from generate_series(1, 300) n;
        insert into public.event values (1, 'acme', '2020-05-05', 'of acme'), (2, 'globex', '2020-05-05', '{canary}');
        insert into public.account values ('acme', 'of acme'), ('globex', '{canary}');
        insert into public.child_item values (1, 'acme', 'of acme'), (2, 'globex', '{canary}');
        insert into public.project (tenant, name) values ('acme', 'of acme'), ('globex', '{canary}');
        insert into public.contact values ('acme', 'a@acme.test'), ('globex', 'g@globex.test');
        insert into public.coupon values ('acme', 'A-1'), ('globex', 'G-1');
        insert into public.plain values ('acme', 'of acme'), ('globex', '{canary}');
        insert into public.outbox values (1);
        """;

    private static readonly SemaphoreSlim s_making = new(1, 1);
    private static TenantWorld? s_template;

    private readonly TenantWorld _template;
    private readonly NpgsqlDataSource _superuser;

    private AttackWorld(TenantWorld template, string name)
    {
        _template = template;
        Name = name;
        AdminConnectionString = Rename(template.Test.AdminConnectionString);
        SuperuserConnectionString = Rename(template.Test.SuperuserConnectionString);
        _superuser = NpgsqlDataSource.Create(SuperuserConnectionString);
    }

    /// <summary>The database.</summary>
    public string Name { get; }

    /// <summary>As the admin.</summary>
    public string AdminConnectionString { get; }

    /// <summary>As a superuser.</summary>
    public string SuperuserConnectionString { get; }

    /// <summary>The admin's login.</summary>
    public string AdminLogin => _template.Test.AdminLogin;

    /// <summary>What lies in the database.</summary>
    public Installation Installation => _template.Installation;

    /// <summary>The server's major version.</summary>
    public int Major => _template.Major;

    /// <summary>The server's directory of data.</summary>
    public string DataDirectory { get; private set; } = "";

    /// <summary>Makes one.</summary>
    public static async Task<AttackWorld> CreateAsync()
    {
        var template = await TemplateAsync();
        var world = new AttackWorld(template, "t_" + RandomNumberGenerator.GetHexString(10, lowercase: true));
        await template.Test.Server.ExecuteAsync($"create database {world.Name} template {template.Test.Name} owner {template.Test.AdminLogin}");
        await using var command = world._superuser.CreateCommand("select current_setting('data_directory')");
        world.DataDirectory = (string)(await command.ExecuteScalarAsync())!;
        return world;
    }

    /// <summary>Drops what all are copied from.</summary>
    public static async Task DropTemplateAsync()
    {
        if (s_template is { } template)
        {
            s_template = null;
            await template.DisposeAsync();
        }
    }

    /// <summary>Runs SQL as the admin.</summary>
    public async Task AdminAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(AdminConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs SQL as a superuser.</summary>
    public Task SuperuserAsync(string sql) => TestDatabase.ExecuteAsync(_superuser, sql);

    /// <summary>Asks a superuser for one boolean.</summary>
    public async Task<bool> SuperuserSeesAsync(string sql) => await TestDatabase.ScalarAsync<bool>(_superuser, sql);

    /// <summary>One value, as a superuser.</summary>
    public Task<T?> SuperuserValueAsync<T>(string sql) => TestDatabase.ScalarAsync<T>(_superuser, sql);

    /// <summary>The bytes of which the stored keys are made.</summary>
    public Task<List<byte[]>> KeyBytesAsync() => TestDatabase.ColumnAsync<byte[]>(_superuser, "select inner_pad from tenants.key union all select outer_pad from tenants.key");

    /// <summary>Opens the database through the module.</summary>
    public Task<TenantDatabase> OpenAsync(TenantTrust trust) =>
        TenantDatabase.OpenAsync(new ConnectionSettings(AdminConnectionString) { Trust = trust, JudgementLife = TimeSpan.FromHours(1) }, TestContext.Current.CancellationToken);

    /// <summary>Ends every session but the superuser's.</summary>
    /// <param name="besides">A login whose sessions stay too.</param>
    public Task EndSessionsAsync(string? besides = null) => SuperuserAsync(
        $"select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' and usename is distinct from '{besides}'");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _superuser.DisposeAsync();
        await _template.Test.Server.ExecuteAsync($"drop database if exists {Name} with (force)");
        await using var source = NpgsqlDataSource.Create(_template.Test.Server.SuperuserConnectionString);
        var roles = await TestDatabase.ColumnAsync<string>(source, "select quote_ident(rolname) from pg_catalog.pg_roles where position($1 in rolname) > 0", Name);
        if (roles.Count > 0)
        {
            await TestDatabase.ExecuteAsync(source, $"drop role if exists {string.Join(", ", roles)}");
        }
    }

    private static async Task<TenantWorld> TemplateAsync()
    {
        await s_making.WaitAsync();
        try
        {
            return s_template ??= await MakeTemplateAsync();
        }
        finally
        {
            s_making.Release();
        }
    }

    private static async Task<TenantWorld> MakeTemplateAsync()
    {
        var world = await TenantWorld.CreateAsync();
        if (world.Major < 15)
        {
            // Later ones begin without it, and a sealed login is refused where everybody may make things.
            await world.SuperuserAsync("revoke create on schema public from public");
            await world.SuperuserAsync($"grant create on schema public to {world.Test.AdminLogin}");
        }
        else
        {
            await world.SuperuserAsync($"grant create on schema public to {world.Test.AdminLogin}");
        }

        await world.AdminAsync(Tables);
        await world.AdminAsync(Rows.Replace("{canary}", Canary, StringComparison.Ordinal));
        foreach (var table in s_tenantTables)
        {
            await world.EnableAsync(table);
        }

        await world.AdminAsync(string.Create(CultureInfo.InvariantCulture, $"""
            create table public.event_late partition of public.event for values from ('2021-01-01') to ('2022-01-01');
            grant select, insert, delete on public.outbox to "{world.Installation.SessionRole}";
            insert into tenants.shared_table (oid, writable) values ('public.outbox'::regclass, true);
            """));
        await world.AdminAsync($"insert into public.event_late values (3, 'globex', '2021-05-05', '{Canary}')");
        await world.SuperuserAsync("analyze");

        // A database is copied only while nobody is there.
        await world.Database.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        world.Test.Admin.Clear();
        world.Test.Superuser.Clear();
        await world.Test.Server.ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{world.Test.Name}'");
        return world;
    }

    private string Rename(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Database = Name }.ConnectionString;
}
