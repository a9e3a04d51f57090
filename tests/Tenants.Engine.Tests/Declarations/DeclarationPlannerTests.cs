using Tenants.Engine.Catalog;
using Tenants.Engine.Declarations;
using Tenants.Engine.Plans;
using Tenants.Engine.Tests.Tables;
using Xunit;

namespace Tenants.Engine.Tests.Declarations;

public class DeclarationPlannerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plain_name_wins_over_wildcards_and_each_table_is_there_once()
    {
        await using var world = await TableWorld.CreateAsync("create schema app; create table app.b (id int); create table app.a (tenant_id text); create table app.c (id int); create table app.country (id int)");

        var resolved = await ResolveAsync(world, Tree.Read(
            ("Schema", "app"), ("Tables", new object[] { "*", Tree.Map(("Table", "a"), ("Column", "tenant_id")) }), ("SharedTables", "country")));

        Assert.Equal([("app.b", null), ("app.c", null), ("app.a", "tenant_id")], resolved.Tables.Select(t => (t.Table.DisplayName, t.Declared.Column)));
        Assert.Equal("app.country", Assert.Single(resolved.SharedTables).Table.DisplayName);
        Assert.Empty(resolved.Missing);
    }

    [Theory]
    [InlineData("order*", "*_line", "tenant", "customer", "DeclarationConflict")]
    [InlineData("order_line", "public.order_line", "tenant", "tenant", "DeclarationConflict")]
    [InlineData("order*", "*_line", "tenant", "tenant", null)]
    public async Task Two_columns_for_one_table_are_refused_with_both_lines(string one, string other, string column, string otherColumn, string? errorId)
    {
        await using var world = await TableWorld.CreateAsync("create table order_line (id int)");
        var first = Tree.Map(("Table", one), ("Column", column));
        var second = Tree.Map(("Table", other), ("Column", otherColumn));
        var declaration = Tree.Tables(first, second);
        if (errorId is null)
        {
            Assert.Single((await ResolveAsync(world, declaration)).Tables);
            return;
        }

        var failure = await Assert.ThrowsAsync<TenantException>(() => ResolveAsync(world, declaration));

        Assert.Equal(errorId, failure.ErrorId);
        Assert.Contains($"line {second.Line}:", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"line {first.Line} ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("public.order_line", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_table_by_two_wildcards_as_tenant_table_and_shared_one_is_refused()
    {
        await using var world = await TableWorld.CreateAsync("create table country (id int)");

        var failure = await Assert.ThrowsAsync<TenantException>(() => ResolveAsync(world, Tree.Read(("Tables", "c*"), ("SharedTables", "*y"))));

        Assert.Equal("DeclarationConflict", failure.ErrorId);
        Assert.Contains("shared", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_no_table_has_is_missing_with_its_line_and_a_wildcard_is_a_warning()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (id int)");
        var wrong = (DeclaredScalar)Tree.Value("todo_itm");

        var resolved = await ResolveAsync(world, Tree.Read(("Tables", new object[] { "todo_item", wrong, "later_*" })));

        Assert.Single(resolved.Tables);
        Assert.Contains("'later_*'", Assert.Single(resolved.Warnings), StringComparison.Ordinal);
        Assert.Equal(("todo_itm", wrong.Line, false), (resolved.Missing[0].Table, resolved.Missing[0].Line, resolved.Missing[0].IsShared));
        var failure = Assert.Throws<TenantException>(resolved.EnsureComplete);
        Assert.Equal("TableNotFound", failure.ErrorId);
        Assert.StartsWith($"tenancy.psd1, line {wrong.Line}: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'todo_item'?", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("uuid", TenantIdType.Uuid)]
    [InlineData("public.number", TenantIdType.Integer)]
    [InlineData(null, TenantIdType.Bigint)]
    public async Task The_type_of_tenants_is_what_the_declaration_or_the_columns_give_away(string? type, TenantIdType expected)
    {
        await using var world = await TableWorld.CreateAsync("create domain number as integer; create table a (id int); create table b (tenant bigint)");

        var resolved = await ResolveAsync(world, Tree.Tables(Tree.Map(("Table", "a"), ("Type", type)), "b"));

        Assert.Equal(expected, resolved.TenantType);
    }

    [Fact]
    public async Task A_domain_that_is_none_of_tenants_and_the_wrong_type_of_tenants_are_refused()
    {
        await using var world = await TableWorld.CreateAsync("create domain day as date; create table a (id int)");

        Assert.Equal("ColumnTypeNotSupported", (await Assert.ThrowsAsync<TenantException>(() => ResolveAsync(world, Tree.Tables(Tree.Map(("Table", "a"), ("Type", "public.day")))))).ErrorId);
        Assert.Equal("ColumnTypeNotSupported", (await Assert.ThrowsAsync<TenantException>(() => ResolveAsync(world, Tree.Tables(Tree.Map(("Table", "a"), ("Type", "public.dya")))))).ErrorId);
        await world.InitializeAsync(TenantIdType.Text);
        Assert.Equal("TenantTypeMismatch", (await Assert.ThrowsAsync<TenantException>(() => ResolveAsync(world, Tree.Read(("TenantType", "uuid"), ("Tables", "a"))))).ErrorId);
        Assert.Equal("ColumnTypeNotSupported", (await Assert.ThrowsAsync<TenantException>(() => ResolveAsync(world, Tree.Tables(Tree.Map(("Table", "a"), ("Type", "uuid")))))).ErrorId);
    }

    [Fact]
    public async Task A_table_gets_its_column_rights_and_policies_in_one_plan_and_then_lacks_nothing()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text, done bool)");
        await world.InitializeAsync(TenantIdType.Text);
        var declaration = Tree.Tables(Tree.Map(
            ("Table", "todo_item"),
            ("Column", "customer"),
            ("Type", "varchar(20)"),
            ("Rights", new object[] { "select", "insert" }),
            ("Policies", Tree.Map(("Name", "Odd \"one\""), ("Using", "length(title)<3 and customer <> tenants.current_tenant()")))));

        var plan = await RunAsync(world, declaration);
        var again = await PlanAsync(world, declaration);

        Assert.Contains(plan.Enabling.Plan.Steps, s => s.Mends == TenantRlsDifferenceKind.PolicyMissing && s.Up.Contains("\"Odd \"\"one\"\"\"", StringComparison.Ordinal));
        Assert.Empty(again.Enabling.Plan.Steps);
        Assert.Equal("character varying(20)", await world.ValueAsync<string>("select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'todo_item'::regclass and attname = 'customer'"));
        Assert.Equal("INSERT,SELECT", await world.ValueAsync<string>("select string_agg(privilege_type, ',' order by privilege_type) from pg_class c, aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee where c.oid = 'todo_item'::regclass and r.rolname like 'tenants\\_session%'"));
    }

    [Fact]
    public async Task A_policy_that_says_something_else_is_replaced_and_one_that_is_printed_otherwise_is_not()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (tenant text, title text)");
        await world.EnableAsync("todo_item");
        await world.RunAsync("create policy same on todo_item as restrictive using (length(title) < 3); create policy other on todo_item as restrictive using (true); create policy mine on todo_item as restrictive using (true)");
        var declaration = Tree.Tables(Tree.Map(("Table", "todo_item"), ("Policies", new object[]
        {
            Tree.Map(("Name", "same"), ("Using", "length( title )<3")),
            Tree.Map(("Name", "other"), ("Using", "title is not null")),
        })));

        var plan = await RunAsync(world, declaration);

        Assert.Equal(["drop policy \"other\" on \"public\".\"todo_item\""], plan.Enabling.Plan.Steps.Where(s => s.Mends == TenantRlsDifferenceKind.PolicyChanged).Select(s => s.Up));
        Assert.Equal(2, plan.Enabling.Plan.Steps.Count);
        Assert.Equal("mine", Assert.Single(plan.Surplus).Name);
        Assert.Contains(plan.Enabling.Plan.Warnings, w => w.Contains("'mine'", StringComparison.Ordinal) && w.Contains("Compare-TenantRls", StringComparison.Ordinal));
        Assert.Equal("(title IS NOT NULL)", await world.ValueAsync<string>("select pg_get_expr(polqual, polrelid) from pg_policy where polname = 'other'"));
        Assert.Empty((await PlanAsync(world, declaration)).Enabling.Plan.Steps);
    }

    [Theory]
    [InlineData("titel is null", "PolicyExpressionInvalid")]
    [InlineData("true) with check (true", "PolicyExpressionInvalid")]
    public async Task A_policy_that_cannot_be_is_named_with_its_line(string condition, string errorId)
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text)");
        await world.InitializeAsync(TenantIdType.Text);
        var policy = Tree.Map(("Name", "p"), ("Using", condition));
        var declaration = Tree.Tables(Tree.Map(("Table", "todo_item"), ("Policies", policy)));

        var failure = await Assert.ThrowsAsync<TenantException>(() => PlanAsync(world, declaration));

        Assert.Equal(errorId, failure.ErrorId);
        Assert.Contains($"policy 'p', line {policy.Line}: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_that_opens_rows_needs_force_even_on_a_table_that_is_still_to_be_enabled()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text)");
        await world.InitializeAsync(TenantIdType.Text);
        var declaration = Tree.Tables(Tree.Map(("Table", "todo_item"), ("Policies", Tree.Map(("Name", "all"), ("Kind", "Permissive"), ("Using", "true")))));

        Assert.Equal("PolicyOpensTenants", (await Assert.ThrowsAsync<TenantException>(() => PlanAsync(world, declaration))).ErrorId);
        Assert.Contains((await PlanAsync(world, declaration, force: true)).Enabling.Plan.Steps, s => s.Mends == TenantRlsDifferenceKind.PolicyMissing);
    }

    [Theory]
    [InlineData(false, "alter table \"public\".\"todo_item\" alter column \"tenant\" type uuid")]
    [InlineData(true, "Disable-TenantRls public.todo_item")]
    public async Task A_column_of_another_type_than_was_declared_is_an_error_with_the_way_out(bool enabled, string mend)
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (tenant text)");
        await world.InitializeAsync(TenantIdType.Uuid);
        if (enabled)
        {
            await world.EnableAsync("todo_item");
        }

        var failure = await Assert.ThrowsAsync<TenantException>(() => PlanAsync(world, Tree.Tables(Tree.Map(("Table", "todo_item"), ("Type", "uuid")))));

        Assert.Equal("ColumnTypeMismatch", failure.ErrorId);
        Assert.Contains(mend, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_the_database_is_initialised_the_whole_can_be_planned()
    {
        await using var world = await TableWorld.CreateAsync("create table country (id int); create table todo_item (title text)");
        var resolved = await ResolveAsync(world, Tree.Read(
            ("SharedTables", "country"),
            ("Tables", Tree.Map(("Table", "todo_item"), ("Policies", new object[]
            {
                Tree.Map(("Name", "a"), ("Using", "tenant = tenants.current_tenant()")),
                Tree.Map(("Name", "b"), ("Using", "tenant <> 'x'")),
            })))));
        var (initialize, installation) = await InitializePlanner.PlanAsync(world.Database, resolved.TenantType, cancellationToken: Cancellation);
        var assumed = new Assumptions(installation, []);

        var shared = await DeclarationPlanner.PlanAsync(world.Database, resolved.SharedTables[0], assumed: assumed, cancellationToken: Cancellation);
        var table = await DeclarationPlanner.PlanAsync(world.Database, resolved.Tables[0], assumed: assumed, cancellationToken: Cancellation);
        await PlanRunner.RunAsync(world.Database, new Plan("all", [.. initialize.Steps, .. shared.Steps, .. table.Enabling.Plan.Steps]) { ChangesInstallation = true }, cancellationToken: Cancellation);

        Assert.Empty((await PlanAsync(world, resolved.Declaration)).Enabling.Plan.Steps);
        Assert.Empty((await DeclarationPlanner.PlanAsync(world.Database, resolved.SharedTables[0], cancellationToken: Cancellation)).Steps);
    }

    private static Task<ResolvedDeclaration> ResolveAsync(TableWorld world, TenancyDeclaration declaration) =>
        DeclarationPlanner.ResolveAsync(world.Database, declaration, Cancellation);

    private static async Task<DeclaredPlan> PlanAsync(TableWorld world, TenancyDeclaration declaration, bool force = false) =>
        await DeclarationPlanner.PlanAsync(world.Database, Assert.Single((await ResolveAsync(world, declaration)).Tables), force, cancellationToken: Cancellation);

    private static async Task<DeclaredPlan> RunAsync(TableWorld world, TenancyDeclaration declaration)
    {
        var plan = await PlanAsync(world, declaration);
        await PlanRunner.RunAsync(world.Database, plan.Enabling.Plan, cancellationToken: Cancellation);
        return plan;
    }
}
