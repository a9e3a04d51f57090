using Tenants.Engine.Comparing;
using Tenants.Engine.Declarations;
using Tenants.Engine.Plans;
using Tenants.Engine.Tests.Tables;
using Xunit;

namespace Tenants.Engine.Tests.Declarations;

public class DeclarationExporterTests
{
    // The same tables without anything of tenancy.
    private const string Bare = """
        create schema app;
        create schema "O.dd";
        create domain app.tenant_id as varchar(40);
        create domain app.number as bigint;
        create table app.todo_item (id int generated always as identity, title text, done bool);
        create table app.measure (at date, value int) partition by range (at);
        create table app.measure_2024 partition of app.measure for values from ('2024-01-01') to ('2025-01-01');
        create table app.parent (id int);
        create table app.child (more int) inherits (app.parent);
        create table "O.dd"."T*""x" ("Who's" varchar(12), note text);
        create table app.typed (id serial);
        create table public.country (code text);
        create table public.plan (id serial, name text);
        create view public.shown as select 1 as one
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TenantIdType.Text)]
    [InlineData(TenantIdType.Bigint)]
    [InlineData(TenantIdType.Integer)]
    [InlineData(TenantIdType.Uuid)]
    public async Task What_is_exported_makes_the_same_of_the_bare_tables(TenantIdType type)
    {
        await using var world = await TableWorld.CreateAsync(Bare);
        await world.InitializeAsync(type);
        await ApplyAsync(world, Tree.Read(
            ("Tables", new object[]
            {
                "app.measure",
                "app.parent",
                Tree.Map(("Table", "app.typed"), ("Type", "app.tenant_id"), ("Rights", "none")),
                Tree.Map(
                    ("Table", "app.todo_item"),
                    ("Column", "Owner's"),
                    ("Rights", new object[] { "select", "update" }),
                    ("Policies", new object[]
                    {
                        Tree.Map(("Name", "un-done"), ("Command", "Update"), ("Using", "not done"), ("Check", "title <> '’x''\\'")),
                        Tree.Map(("Name", "Titled"), ("Using", "exists (select from public.country c where c.code = title) or {tenants_admin}")),
                        Tree.Map(("Name", "for admins"), ("Role", world.Test.AdminLogin), ("Using", "true")),
                    })),
                Tree.Map(("Table", "\"O.dd\".\"T*\"\"x\""), ("Column", "Who's")),
            }),
            ("SharedTables", new object[] { "country", "shown", Tree.Map(("Table", "plan"), ("Writable", true)) })));
        var first = await DeclarationExporter.ReadAsync(world.Database, null, Cancellation);

        await using var copy = await TableWorld.CreateAsync(Bare);
        await ApplyAsync(copy, first);
        var second = await DeclarationExporter.ReadAsync(copy.Database, null, Cancellation);

        Assert.Equal(DeclarationWriter.Write(first), DeclarationWriter.Write(second));
        Assert.Equal(5, first.Tables.Count);
        Assert.Equal(type, first.TenantType);
        Assert.Contains("{tenants_admin}", first.Tables.SelectMany(t => t.Policies).Single(p => p.Name == "Titled").Using, StringComparison.Ordinal);
        Assert.DoesNotContain("tenants_admin_", DeclarationWriter.Write(first), StringComparison.Ordinal);
        var resolved = await DeclarationPlanner.ResolveAsync(world.Database, second, Cancellation);
        var differences = await RlsComparer.CompareAsync(world.Database, declared: resolved, cancellationToken: Cancellation);
        Assert.Empty(differences.Select(d => d.ToString()));
        Assert.Equal(5, resolved.Tables.Count);
        foreach (var table in resolved.Tables)
        {
            var plan = await DeclarationPlanner.PlanAsync(world.Database, table, cancellationToken: Cancellation);
            Assert.Empty(plan.Enabling.Plan.Steps);
            Assert.Empty(plan.Surplus);
        }
    }

    [Fact]
    public async Task Only_what_is_there_and_was_asked_for_is_exported()
    {
        await using var world = await TableWorld.CreateAsync("create table a (id int); create table b (tenant_id text); create table plain (id int)");
        await world.EnableAsync("a");
        await world.EnableAsync("b", "tenant_id");

        var all = await DeclarationExporter.ReadAsync(world.Database, null, Cancellation);
        var one = await DeclarationExporter.ReadAsync(world.Database, [await world.FindAsync("b"), await world.FindAsync("plain")], Cancellation);

        Assert.Equal([("public.a", null), ("public.b", "tenant_id")], all.Tables.Select(t => (t.Table, t.Column)));
        Assert.Equal("public.b", Assert.Single(one.Tables).Table);
    }

    [Fact]
    public async Task A_database_without_tenants_has_nothing_to_export()
    {
        await using var world = await TableWorld.CreateAsync();

        var failure = await Assert.ThrowsAsync<TenantException>(() => DeclarationExporter.ReadAsync(world.Database, null, Cancellation));

        Assert.Equal("DatabaseNotInitialized", failure.ErrorId);
    }

    private static async Task ApplyAsync(TableWorld world, TenancyDeclaration declaration)
    {
        if (declaration.TenantType is { } type)
        {
            await world.InitializeAsync(type);
        }

        var resolved = await DeclarationPlanner.ResolveAsync(world.Database, declaration, Cancellation);
        resolved.EnsureComplete();
        foreach (var shared in resolved.SharedTables)
        {
            await PlanRunner.RunAsync(world.Database, await DeclarationPlanner.PlanAsync(world.Database, shared, cancellationToken: Cancellation), cancellationToken: Cancellation);
        }

        foreach (var table in resolved.Tables)
        {
            var plan = await DeclarationPlanner.PlanAsync(world.Database, table, cancellationToken: Cancellation);
            await PlanRunner.RunAsync(world.Database, plan.Enabling.Plan, cancellationToken: Cancellation);
        }
    }
}
