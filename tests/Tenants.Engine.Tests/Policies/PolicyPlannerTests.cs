using Tenants.Engine.Plans;
using Tenants.Engine.Tests.Support;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Policies;

public class PolicyPlannerTests
{
    [Fact]
    public async Task A_restrictive_policy_takes_rows_away_and_its_statement_is_what_the_server_reads()
    {
        await using var world = await CreateAsync();

        var plan = await PlanAsync(world, Request("short", TenantPolicyKind.Restrictive, "length(title) < 2 and title <> 'it''s'"));

        Assert.Equal(
            "create policy \"short\" on \"public\".\"todo_item\" as restrictive for all to public\n    using ((length(title) < 2) AND (title <> 'it''s'::text))",
            Assert.Single(plan.Steps).Up);
        await PlanRunner.RunAsync(world.Database, plan, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(await world.TenantAsync<string>("acme", "select title from public.todo_item"));
    }

    [Fact]
    public async Task Made_twice_the_second_time_nothing_is_missing()
    {
        await using var world = await CreateAsync();
        await RunAsync(world, Request("short", TenantPolicyKind.Restrictive, "length(title)<2"));

        Assert.True((await PlanAsync(world, Request("short", TenantPolicyKind.Restrictive, "( length( title ) < 2 )"))).IsEmpty);
        await FailsAsync("PolicyAlreadyExists", () => PlanAsync(world, Request("short", TenantPolicyKind.Restrictive, "length(title) < 3")));
        await FailsAsync("PolicyAlreadyExists", () => PlanAsync(world, Request("short", TenantPolicyKind.Restrictive, "length(title) < 2", command: TenantPolicyCommand.Select)));
    }

    [Theory]
    [InlineData("true")]
    [InlineData("title like 'g%'")]
    [InlineData("tenant = (select {call}) or title = 'g1'")]
    [InlineData("not (tenant = (select {call}) and title = 'a1')")]
    [InlineData("case when tenant = (select {call}) then true else true end")]
    public async Task A_permissive_policy_that_could_open_rows_needs_force_and_says_what_it_opens(string expression)
    {
        await using var world = await CreateAsync();
        var request = Request("open", TenantPolicyKind.Permissive, Fill(world, expression), command: TenantPolicyCommand.Select);

        await FailsAsync("PolicyOpensTenants", () => PlanAsync(world, request));
        var plan = await PlanAsync(world, request, force: true);
        Assert.Contains("it opens to every tenant the rows of all tenants in public.todo_item", Assert.Single(plan.Warnings), StringComparison.Ordinal);

        await PlanRunner.RunAsync(world.Database, plan, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains("g1", await world.TenantAsync<string>("acme", "select title from public.todo_item"));
    }

    [Theory]
    [InlineData("tenant = (select {call})")]
    [InlineData("title like 'g%' and tenant = (select {call})")]
    [InlineData("(title = 'x' or title = 'g1') and (tenant = (select {call}) and title <> ') or (')")]
    public async Task A_permissive_policy_that_holds_to_the_tenant_opens_nothing(string expression)
    {
        await using var world = await CreateAsync();

        var plan = await PlanAsync(world, Request("mine", TenantPolicyKind.Permissive, Fill(world, expression), command: TenantPolicyCommand.Select));

        Assert.Empty(plan.Warnings);
        await PlanRunner.RunAsync(world.Database, plan, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["a1"], await world.TenantAsync<string>("acme", "select title from public.todo_item"));
    }

    [Fact]
    public async Task What_may_be_written_is_judged_as_well_as_what_may_be_seen()
    {
        await using var world = await CreateAsync();
        var limited = Fill(world, "tenant = (select {call})");

        await FailsAsync("PolicyOpensTenants", () => PlanAsync(world, new PolicyRequest("w", TenantPolicyKind.Permissive, TenantPolicyCommand.Update, [], limited, "true")));
        await FailsAsync("PolicyOpensTenants", () => PlanAsync(world, new PolicyRequest("i", TenantPolicyKind.Permissive, TenantPolicyCommand.Insert, [], null, "title = 'x'")));
        Assert.Single((await PlanAsync(world, new PolicyRequest("i", TenantPolicyKind.Permissive, TenantPolicyCommand.Insert, [], null, limited))).Steps);
    }

    [Theory]
    [InlineData("true) with check (true")]
    [InlineData("true); drop table public.todo_item; --")]
    [InlineData("true) or (true")]
    [InlineData("true /*")]
    [InlineData("title =")]
    [InlineData("nothing = 1")]
    [InlineData("title")]
    [InlineData("")]
    public async Task What_is_not_one_condition_is_refused(string expression)
    {
        await using var world = await CreateAsync();

        await FailsAsync("PolicyExpressionInvalid", () => PlanAsync(world, Request("p", TenantPolicyKind.Restrictive, expression)));
        await FailsAsync("PolicyExpressionInvalid", () => PlanAsync(world, new PolicyRequest("p", TenantPolicyKind.Restrictive, TenantPolicyCommand.Insert, [], null, expression)));
        Assert.Equal(2, await world.AdminValueAsync<long>("select count(*) from public.todo_item"));
    }

    [Fact]
    public async Task A_comment_at_the_end_of_an_expression_harms_nothing()
    {
        await using var world = await CreateAsync();

        await RunAsync(world, Request("p", TenantPolicyKind.Restrictive, "title <> 'a1' -- not this one"));

        Assert.Empty(await world.TenantAsync<string>("acme", "select title from public.todo_item"));
    }

    [Fact]
    public async Task Names_in_an_expression_are_looked_up_where_the_user_would()
    {
        await using var world = await CreateAsync();
        await world.AdminAsync("create table public.banned (title text); insert into public.banned values ('a1'); grant select on public.banned to public");

        await RunAsync(world, Request("p", TenantPolicyKind.Restrictive, "not exists (select from banned where banned.title = todo_item.title)"));

        Assert.Empty(await world.TenantAsync<string>("acme", "select title from public.todo_item"));
    }

    [Fact]
    public async Task A_role_that_tenants_belong_to_is_refused_with_the_reason()
    {
        await using var world = await CreateAsync();
        await world.CreateBoundLoginAsync("acme");
        var prefix = world.Test.Name;
        await world.SuperuserAsync($"create role {prefix}_app; grant {prefix}_app to {prefix}_bound; create role {prefix}_all; grant {prefix}_all to {prefix}_app; create role {prefix}_free");

        foreach (var role in (string[])[world.Installation.SessionRole, $"{prefix}_bound", $"{prefix}_app", $"{prefix}_all"])
        {
            var refused = await FailsAsync("PolicyRoleIsTenants", () => PlanAsync(world, Request("p", TenantPolicyKind.Restrictive, "true", role)));
            Assert.Contains("DROP OWNED BY", refused.Message, StringComparison.Ordinal);
        }

        Assert.Single((await PlanAsync(world, Request("p", TenantPolicyKind.Restrictive, "true", $"{prefix}_free"))).Steps);
        await FailsAsync("RoleNotFound", () => PlanAsync(world, Request("p", TenantPolicyKind.Restrictive, "true", $"{prefix}_none")));
    }

    [Fact]
    public async Task A_reporting_role_may_see_all_and_that_is_said()
    {
        await using var world = await CreateAsync();
        var (login, connectionString) = await world.Test.CreateLoginAsync("reporting");
        await world.AdminAsync($"grant select on public.todo_item to {login}");

        var plan = await PlanAsync(world, Request("report", TenantPolicyKind.Permissive, "true", login, TenantPolicyCommand.Select));

        Assert.Contains($"(logins: {login})", Assert.Single(plan.Warnings), StringComparison.Ordinal);
        await PlanRunner.RunAsync(world.Database, plan, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(2, (await TestDatabase.ColumnAsync<string>(world.Test.CreateSource(connectionString), "select title from public.todo_item")).Count);
        Assert.Equal(["a1"], await world.TenantAsync<string>("acme", "select title from public.todo_item"));
    }

    [Fact]
    public async Task A_role_whose_view_tenants_could_read_needs_force()
    {
        await using var world = await CreateAsync();
        var (login, _) = await world.Test.CreateLoginAsync("reporting");
        await world.SuperuserAsync($"grant select on public.todo_item to {login}; create view public.report as select title from public.todo_item; alter view public.report owner to {login}; grant select on public.report to public");
        var request = Request("report", TenantPolicyKind.Permissive, "true", login, TenantPolicyCommand.Select);

        await FailsAsync("PolicyOpensTenants", () => PlanAsync(world, request));
        await PlanRunner.RunAsync(world.Database, await PlanAsync(world, request, force: true), cancellationToken: TestContext.Current.CancellationToken);

        // That the refusal was right.
        Assert.Contains("g1", await world.TenantAsync<string>("acme", "select title from public.report"));
    }

    [Fact]
    public async Task A_restrictive_policy_that_hides_rows_from_the_admin_is_told_and_one_that_lets_him_pass_is_not()
    {
        await using var world = await CreateAsync();

        var plan = await PlanAsync(world, Request("short", TenantPolicyKind.Restrictive, "title <> 'a1'"));
        var warning = Assert.Single(plan.Warnings);
        var pass = warning[(warning.IndexOf("… or ", StringComparison.Ordinal) + 5)..];
        var mended = await PlanAsync(world, Request("short", TenantPolicyKind.Restrictive, $"title <> 'a1' or {pass}"));

        Assert.Empty(mended.Warnings);
        await PlanRunner.RunAsync(world.Database, mended, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(2, await world.AdminValueAsync<long>("select count(*) from public.todo_item"));
        Assert.Empty(await world.TenantAsync<string>("acme", "select title from public.todo_item"));
    }

    [Theory]
    [InlineData(TenantPolicyCommand.Select, "true", "true", "PolicyExpressionNotAllowed")]
    [InlineData(TenantPolicyCommand.Insert, "true", null, "PolicyExpressionNotAllowed")]
    [InlineData(TenantPolicyCommand.All, null, null, "PolicyExpressionMissing")]
    public async Task Expressions_must_fit_the_command(TenantPolicyCommand command, string? shown, string? check, string errorId)
    {
        await using var world = await CreateAsync();

        await FailsAsync(errorId, () => PlanAsync(world, new PolicyRequest("p", TenantPolicyKind.Restrictive, command, [], shown, check)));
    }

    [Fact]
    public async Task A_table_that_keeps_no_tenants_apart_and_the_modules_own_policies_are_refused()
    {
        await using var world = await CreateAsync();
        await world.AdminAsync("create table public.plain (id int)");
        var plain = await world.TableAsync("public.plain");
        var todo = await world.TableAsync("public.todo_item");

        await FailsAsync("TableNotEnabled", () => PolicyPlanner.CreateAsync(world.Database, plain, Request("p", TenantPolicyKind.Restrictive, "true"), false));
        await FailsAsync("PolicyIsOwn", () => PlanAsync(world, Request("tenants_isolation", TenantPolicyKind.Restrictive, "true")));
        await FailsAsync("PolicyIsOwn", () => PolicyPlanner.RemoveAsync(world.Database, todo, "tenants_admin"));
        await FailsAsync("PolicyNotFound", () => PolicyPlanner.RemoveAsync(world.Database, todo, "nothing"));
    }

    [Fact]
    public async Task A_policy_that_is_removed_can_be_made_again_from_the_plan()
    {
        await using var world = await CreateAsync();
        await RunAsync(world, new PolicyRequest("odd \"name\"", TenantPolicyKind.Restrictive, TenantPolicyCommand.Update, [], "title <> 'x'", "title <> 'y'"));
        var todo = await world.TableAsync("public.todo_item");

        var plan = await PolicyPlanner.RemoveAsync(world.Database, todo, "odd \"name\"", TestContext.Current.CancellationToken);
        await PlanRunner.RunAsync(world.Database, plan, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(2, await CountAsync(world));

        await world.AdminAsync(Assert.Single(plan.Steps).Down!);
        Assert.Equal(3, await CountAsync(world));
        Assert.True((await PlanAsync(world, new PolicyRequest("odd \"name\"", TenantPolicyKind.Restrictive, TenantPolicyCommand.Update, [], "title <> 'x'", "title <> 'y'"))).IsEmpty);
    }

    private static Task<long> CountAsync(TenantWorld world) => world.AdminValueAsync<long>("select count(*) from pg_policy");

    private static async Task<TenantWorld> CreateAsync()
    {
        var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();
        return world;
    }

    private static string Fill(TenantWorld world, string expression) =>
        expression.Replace("{call}", world.Installation.CurrentTenantCall, StringComparison.Ordinal);

    private static PolicyRequest Request(
        string name, TenantPolicyKind kind, string shown, string? role = null, TenantPolicyCommand command = TenantPolicyCommand.All) =>
        new(name, kind, command, role is null ? [] : [role], shown, null);

    private static async Task<Plan> PlanAsync(TenantWorld world, PolicyRequest request, bool force = false) =>
        await PolicyPlanner.CreateAsync(world.Database, await world.TableAsync("public.todo_item"), request, force, TestContext.Current.CancellationToken);

    private static async Task RunAsync(TenantWorld world, PolicyRequest request) =>
        await PlanRunner.RunAsync(world.Database, await PlanAsync(world, request), cancellationToken: TestContext.Current.CancellationToken);

    private static async Task<TenantException> FailsAsync(string errorId, Func<Task<Plan>> plan)
    {
        var refused = await Assert.ThrowsAsync<TenantException>(plan);
        Assert.Equal(errorId, refused.ErrorId);
        return refused;
    }
}
