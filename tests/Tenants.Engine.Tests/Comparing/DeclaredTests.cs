using Tenants.Engine.Comparing;
using Tenants.Engine.Connections;
using Tenants.Engine.Declarations;
using Tenants.Engine.Plans;
using Tenants.Engine.Tests.Tables;
using Xunit;
using static Tenants.TenantRlsDifferenceKind;
using static Tenants.TenantRlsSeverity;

namespace Tenants.Engine.Tests.Comparing;

/// <summary>With a declaration, what it says is what ought to be.</summary>
public class DeclaredTests
{
    private static readonly DeclaredTable[] s_all = [new("todo_item", 1), new("event", 2), new("item", 3)];
    private static readonly DeclaredSharedTable[] s_shared = [new("plan", 4, false)];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_as_declared_does_not_differ()
    {
        await using var world = await CompareWorld.CreateAsync();

        Assert.Empty(await CompareAsync(world.Tables, s_all, s_shared));
    }

    [Theory]
    [InlineData("character varying(30)")]
    [InlineData("character varying")]
    public async Task A_column_of_another_type_differs_and_is_mended(string type)
    {
        await using var world = await CompareWorld.CreateAsync();
        DeclaredTable[] tables = [s_all[0] with { Type = type }, s_all[1] with { Type = type }, s_all[2] with { Type = type }];

        var found = await CompareAsync(world.Tables, tables, s_shared);

        Assert.Equal([(ColumnType, "public.event"), (ColumnType, "public.item"), (ColumnType, "public.todo_item")], found.Select(d => (d.Kind, d.Table!)));
        Assert.All(found, d => Assert.Equal((type, "text"), (d.Expected, d.Actual)));
        await MendAsync(world, found);
        Assert.Empty(await CompareAsync(world.Tables, tables, s_shared));
    }

    [Fact]
    public async Task A_declared_policy_is_compared_by_what_it_says()
    {
        await using var world = await CompareWorld.CreateAsync();
        DeclaredTable[] tables = [s_all[0] with { Policies = [Policy("title <> 'secret'  or  (title is NULL)")] }, s_all[1], s_all[2]];

        var missing = Assert.Single(await CompareAsync(world.Tables, tables, s_shared));
        Assert.Equal((PolicyMissing, Error, "less"), (missing.Kind, missing.Severity, missing.Name));
        await MendAsync(world, [missing]);
        Assert.Empty(await CompareAsync(world.Tables, tables, s_shared));

        await world.RunAsync("drop policy less on todo_item; create policy less on todo_item as restrictive using ((((title)::text != 'secret'::text) OR title IS null))");
        Assert.Empty(await CompareAsync(world.Tables, tables, s_shared));

        await world.RunAsync("alter policy less on todo_item using (title <> 'other')");
        var changed = Assert.Single(await CompareAsync(world.Tables, tables, s_shared));
        Assert.Equal((PolicyChanged, Error), (changed.Kind, changed.Severity));
        Assert.Contains("'other'", changed.Actual, StringComparison.Ordinal);
        await MendAsync(world, [changed]);
        Assert.Empty(await CompareAsync(world.Tables, tables, s_shared));
    }

    [Fact]
    public async Task A_login_that_may_not_read_the_table_is_told_that_nobody_can_tell()
    {
        await using var world = await CompareWorld.CreateAsync();
        DeclaredTable[] tables = [s_all[0] with { Policies = [Policy("title <> 'secret'")] }, s_all[1], s_all[2]];
        await world.RunAsync("create policy less on todo_item as restrictive using (title <> 'secret')");
        var (_, login) = await world.Tables.Test.CreateLoginAsync("reader");
        await using var reader = await TenantDatabase.OpenAsync(new ConnectionSettings(login), Cancellation);

        var found = Assert.Single(await CompareAsync(world.Tables, tables, s_shared, reader));

        Assert.Equal((PolicyChanged, Information), (found.Kind, found.Severity));
        Assert.Null(found.Mend);
    }

    [Theory]
    [InlineData(RightSurplus, Error, "rights")]
    [InlineData(TableNotDeclared, Warning, "undeclared")]
    [InlineData(SharingChanged, Warning, "unshared")]
    [InlineData(SharingChanged, Error, "writable")]
    [InlineData(TableMissing, Error, "missing")]
    [InlineData(TableWithoutTenancy, Error, "new")]
    public async Task What_is_declared_otherwise_differs(TenantRlsDifferenceKind kind, TenantRlsSeverity severity, string what)
    {
        await using var world = await CompareWorld.CreateAsync();
        if (what == "new")
        {
            await world.Tables.RunAsync("create table fresh (id int)");
        }

        DeclaredTable[] tables = what switch
        {
            "rights" => [s_all[0] with { Rights = ["select", "insert"] }, s_all[1], s_all[2]],
            "undeclared" => s_all[..2],
            "missing" => [.. s_all, new DeclaredTable("gone", 7)],
            "new" => [.. s_all, new DeclaredTable("fresh", 7)],
            _ => s_all,
        };
        DeclaredSharedTable[] shared = what switch
        {
            "unshared" => [],
            "writable" => [s_shared[0] with { Writable = true }],
            _ => s_shared,
        };

        var found = Assert.Single(await CompareAsync(world.Tables, tables, shared));

        Assert.Equal((kind, severity), (found.Kind, found.Severity));
        if (found.Mend is not null)
        {
            await MendAsync(world, [found]);

            // What is no longer shared lies beside the tenant tables.
            var left = await CompareAsync(world.Tables, tables, shared);
            Assert.Equal(what == "unshared" ? [TableWithoutTenancy] : [], left.Select(d => d.Kind));
        }
    }

    [Fact]
    public async Task A_database_without_tenants_is_not_ready_and_its_declared_tables_neither()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (id int)");

        Assert.Equal(DatabaseNotReady, Assert.Single(await RlsComparer.CompareAsync(world.Database, cancellationToken: Cancellation)).Kind);
        var found = await CompareAsync(world, [new("todo_item", 1), new("gone", 2)], []);

        Assert.Equal([DatabaseNotReady, TableMissing, TableWithoutTenancy], found.Select(d => d.Kind));
        Assert.Contains("line 2", found[1].Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shared_tables_and_policies_that_are_declared_for_a_database_without_tenants_are_missing_too()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (id int, title text); create table country (code text); create table plan (id int)");
        DeclaredTable[] tables = [new DeclaredTable("todo_item", 1) with { Policies = [Policy("title <> 'secret' or {tenants_admin}")] }];

        var found = await CompareAsync(world, tables, [new("country", 2, false), new("plan", 3, true)]);

        Assert.Equal(
            [(DatabaseNotReady, null), (SharingChanged, "public.country"), (SharingChanged, "public.plan"), (TableWithoutTenancy, "public.todo_item"), (PolicyMissing, "public.todo_item")],
            found.Select(d => (d.Kind, d.Table)));
        Assert.Equal(["shared: select", "shared: select, insert, update, delete"], found.Skip(1).Take(2).Select(d => d.Expected));
        Assert.Equal("less", found[^1].Name);
        Assert.All(found.Skip(1), d => Assert.Equal((Error, "Enable-TenantRls -Declaration tenancy.psd1"), (d.Severity, d.Command)));
    }

    private static PolicyRequest Policy(string expression) => new("less", TenantPolicyKind.Restrictive, TenantPolicyCommand.All, [], expression, null);

    private static async Task MendAsync(CompareWorld world, IEnumerable<TenantRlsDifference> differences)
    {
        foreach (var difference in differences)
        {
            await world.RunAsync(difference.Mend!);
        }
    }

    private static async Task<IReadOnlyList<TenantRlsDifference>> CompareAsync(
        TableWorld world, DeclaredTable[] tables, DeclaredSharedTable[] shared, TenantDatabase? login = null)
    {
        var database = login ?? world.Database;
        var declared = await DeclarationPlanner.ResolveAsync(database, new TenancyDeclaration("tenancy.psd1", null, null, tables, shared), Cancellation);
        return await RlsComparer.CompareAsync(database, null, declared, Cancellation);
    }
}
