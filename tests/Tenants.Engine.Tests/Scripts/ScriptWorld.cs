using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Scripts;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Scripts;

/// <summary>
/// A table of 3 rows whose owner, the admin, is blind: FORCE is on, and its policy lets pass what a setting says, as teams write it by hand.
/// </summary>
internal sealed class ScriptWorld : IAsyncDisposable
{
    private const string Tables = """
        create table account (id int primary key, tenant text not null);
        create table invoice (id int generated always as identity primary key, tenant text, account_id int, paid boolean);
        insert into invoice (tenant, account_id) values ('acme', 1), ('acme', 2), ('globex', 3);
        alter table invoice enable row level security;
        alter table invoice force row level security;
        create policy own on invoice using (tenant = current_setting('app.tenant', true));
        create table plain (a int);
        insert into plain values (1), (2)
        """;

    private ScriptWorld(TestDatabase test, TenantDatabase admin, TenantDatabase superuser)
    {
        Test = test;
        Admin = admin;
        Superuser = superuser;
    }

    public TestDatabase Test { get; }

    /// <summary>The owner, who is no superuser.</summary>
    public TenantDatabase Admin { get; }

    public TenantDatabase Superuser { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ScriptWorld> CreateAsync()
    {
        var test = await TestDatabase.CreateAsync();
        await TestDatabase.ExecuteAsync(test.Superuser, $"alter schema public owner to {test.AdminLogin}");
        await test.ExecuteAsync(Tables);
        return new ScriptWorld(
            test,
            await TenantDatabase.OpenAsync(new ConnectionSettings(test.AdminConnectionString), Cancellation),
            await TenantDatabase.OpenAsync(new ConnectionSettings(test.SuperuserConnectionString), Cancellation));
    }

    /// <summary>Tests a script as the owner, by the owner himself, or by the superuser in his name.</summary>
    public async Task<ScriptReport> RunAsync(string script, bool bySuperuser = false)
    {
        var before = await PictureAsync();
        var report = bySuperuser
            ? await ScriptTester.RunAsync(Superuser, new ScriptRequest(script) { Login = Test.AdminLogin }, cancellationToken: Cancellation)
            : await ScriptTester.RunAsync(Admin, new ScriptRequest(script), cancellationToken: Cancellation);
        Assert.Equal(before, await PictureAsync());
        return report;
    }

    public async Task<TenantScriptDifference> SingleAsync(string script, bool bySuperuser = false) =>
        Assert.Single((await RunAsync(script, bySuperuser)).Statements);

    /// <summary>What must be the same after each test: rows, FORCE, tables, and who bypasses policies.</summary>
    public async Task<string> PictureAsync() => (await TestDatabase.ScalarAsync<string>(
        Test.Superuser,
        """
        select concat_ws('|',
            (select string_agg(i::text, ',' order by i.id) from invoice i),
            (select string_agg(p::text, ',' order by p.a) from plain p),
            (select string_agg(c.relname || c.relrowsecurity || c.relforcerowsecurity, ',' order by c.relname) from pg_class c where c.relnamespace = 'public'::regnamespace),
            (select string_agg(c.conname, ',' order by c.conname) from pg_constraint c where c.connamespace = 'public'::regnamespace),
            (select string_agg(r.rolname || r.rolbypassrls, ',' order by r.rolname) from pg_roles r where r.rolname like current_database() || '%'))
        """))!;

    public async ValueTask DisposeAsync()
    {
        await Admin.DisposeAsync();
        await Superuser.DisposeAsync();
        await Test.DisposeAsync();
    }
}
