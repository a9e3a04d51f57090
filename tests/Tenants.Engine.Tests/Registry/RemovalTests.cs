using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation.Logins;
using Tenants.Engine.Tenants;
using Tenants.Engine.Tests.Support;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Registry;

public class RemovalTests
{
    private static readonly TenantRemovalOptions RemoveData = new() { RemoveData = true, Patience = TimeSpan.FromSeconds(20) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tenant_with_rows_stays_and_works_unless_told()
    {
        await using var world = await WorldAsync();
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        var error = await FailsAsync(registry, new TenantRemovalOptions());
        Assert.Equal("TenantHasData", error.ErrorId);
        Assert.Contains("public.todo_item (1)", error.Message, StringComparison.Ordinal);
        Assert.Equal(["a1"], await world.TenantAsync<string>("acme", "select title from todo_item"));
    }

    [Fact]
    public async Task A_tenant_goes_with_its_rows_and_nobody_elses()
    {
        await using var world = await WorldAsync();
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        await registry.RemoveAsync(registry.Parse("acme"), RemoveData, cancellationToken: Token);
        Assert.Null(await registry.FindAsync(registry.Parse("acme"), Token));
        Assert.Equal(["globex"], await TestDatabase.ColumnAsync<string>(world.Test.Superuser, "select tenant from todo_item"));
    }

    [Fact]
    public async Task A_tenant_goes_and_its_rows_stay_if_told()
    {
        await using var world = await WorldAsync();
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        await registry.RemoveAsync(registry.Parse("acme"), new TenantRemovalOptions { KeepData = true }, cancellationToken: Token);
        Assert.Equal(2, await world.AdminValueAsync<long>("select count(*) from todo_item"));
        var error = await Assert.ThrowsAsync<PostgresException>(() => world.TenantAsync<string>("acme", "select title from todo_item"));
        Assert.Equal("TN002", error.SqlState);
    }

    [Fact]
    public async Task Rows_that_refer_to_each_other_go_in_the_right_order_and_rings_too()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.AdminAsync("""
            create table a_parent (tenant text not null, id integer primary key);
            create table b_child (tenant text not null, parent integer not null references a_parent on delete restrict);
            create table c_ring (tenant text not null, id integer primary key, other integer not null);
            create table d_ring (tenant text not null, id integer primary key, other integer not null references c_ring);
            insert into a_parent values ('acme', 1), ('globex', 2);
            insert into b_child values ('acme', 1), ('globex', 2);
            insert into c_ring values ('acme', 1, 1), ('globex', 2, 2);
            insert into d_ring values ('acme', 1, 1), ('globex', 2, 2);
            alter table c_ring add foreign key (other) references d_ring;
            create table e_parted (tenant text not null, id integer) partition by list (id);
            create table e_part1 partition of e_parted for values in (1);
            create table e_part2 partition of e_parted default;
            insert into e_parted values ('acme', 1), ('acme', 2), ('globex', 1);
            """);
        string[] tables = ["a_parent", "b_child", "c_ring", "d_ring", "e_parted", "e_part1", "e_part2"];
        foreach (var table in tables)
        {
            await world.EnableAsync($"public.{table}");
        }

        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        await registry.RemoveAsync(registry.Parse("acme"), RemoveData, cancellationToken: Token);
        foreach (var table in tables.SkipLast(1))
        {
            Assert.Equal(["globex"], await TestDatabase.ColumnAsync<string>(world.Test.Superuser, $"select tenant from {table}"));
        }
    }

    [Fact]
    public async Task Where_something_holds_a_row_nothing_of_the_tenant_goes()
    {
        await using var world = await WorldAsync();
        await world.AdminAsync("alter table todo_item add id integer generated always as identity primary key; create table note (item integer references todo_item)");
        await world.AdminAsync("insert into note select id from todo_item");
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        Assert.Equal("ForeignKeyViolation", (await FailsAsync(registry, RemoveData)).ErrorId);
        Assert.Equal(TenantState.Active, (await registry.GetAsync(registry.Parse("acme"), Token)).State);
        Assert.Equal(["a1"], await world.TenantAsync<string>("acme", "select title from todo_item"));
    }

    [Fact]
    public async Task Rows_that_a_trigger_keeps_stop_the_removal()
    {
        await using var world = await WorldAsync();
        await world.AdminAsync("""
            create function keep() returns trigger language plpgsql as 'begin return null; end';
            create trigger keep before delete on todo_item for each row execute function keep();
            """);
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        Assert.Equal("TenantHasData", (await FailsAsync(registry, RemoveData)).ErrorId);
        Assert.Equal(TenantState.Active, (await registry.GetAsync(registry.Parse("acme"), Token)).State);
    }

    [Fact]
    public async Task A_transaction_that_began_before_is_waited_for()
    {
        await using var world = await WorldAsync();
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        await using var connection = await world.Test.Superuser.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await new NpgsqlCommand("insert into todo_item values ('acme', 'late')", connection).ExecuteNonQueryAsync(Token);

        var removal = registry.RemoveAsync(registry.Parse("acme"), RemoveData, cancellationToken: Token);
        await ClosedAsync(registry);
        await Task.Delay(300, Token);
        Assert.False(removal.IsCompleted);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => world.TenantAsync<string>("acme", "select title from todo_item"));
        Assert.Equal("TN003", refused.SqlState);

        await transaction.CommitAsync(Token);
        await removal;
        Assert.Equal(["globex"], await TestDatabase.ColumnAsync<string>(world.Test.Superuser, "select tenant from todo_item"));
    }

    [Fact]
    public async Task One_that_does_not_end_is_named_and_the_tenant_opened_again()
    {
        await using var world = await WorldAsync();
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        await using var connection = await world.Test.Superuser.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await new NpgsqlCommand("select 1", connection).ExecuteNonQueryAsync(Token);
        var error = await FailsAsync(registry, RemoveData with { Patience = TimeSpan.FromSeconds(0.3) });
        Assert.Equal("TenantInUse", error.ErrorId);
        Assert.Contains($"{connection.ProcessID}", error.Message, StringComparison.Ordinal);
        Assert.Equal(["a1"], await world.TenantAsync<string>("acme", "select title from todo_item"));
    }

    [Fact]
    public async Task A_removal_that_is_stopped_opens_the_tenant_again()
    {
        await using var world = await WorldAsync();
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        await using var connection = await world.Test.Superuser.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await new NpgsqlCommand("select 1", connection).ExecuteNonQueryAsync(Token);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var removal = registry.RemoveAsync(registry.Parse("acme"), RemoveData, cancellationToken: stop.Token);
        await ClosedAsync(registry);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => removal);
        Assert.Equal(TenantState.Active, (await registry.GetAsync(registry.Parse("acme"), Token)).State);
    }

    [Fact]
    public async Task A_tenant_that_a_killed_removal_left_closed_goes_with_the_next()
    {
        await using var world = await WorldAsync();
        await world.AdminAsync($"update {world.Installation.QuotedSchema}.tenant set state = 'closed' where id = 'acme'");
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        Assert.Equal(TenantState.Closed, (await registry.GetAsync(registry.Parse("acme"), Token)).State);
        await registry.RemoveAsync(registry.Parse("acme"), RemoveData, cancellationToken: Token);
        Assert.Null(await registry.FindAsync(registry.Parse("acme"), Token));
    }

    [Fact]
    public async Task Its_bound_logins_lose_it()
    {
        await using var world = await WorldAsync();
        var logins = await LoginRegistry.OpenAsync(world.Database, Token);
        var secret = await logins.CreateAsync(new LoginRequest(TenantLoginKind.Bound) { Tenant = "acme" }, Token);
        var own = world.Test.CreateSource(new NpgsqlConnectionStringBuilder(world.Test.AdminConnectionString) { Username = secret.Name, Password = secret.Password }.ConnectionString);
        var foreign = await world.CreateBoundLoginAsync("acme");
        Assert.Equal(["a1"], await TestDatabase.ColumnAsync<string>(own, "select title from todo_item"));
        Assert.Equal(["a1"], await TestDatabase.ColumnAsync<string>(foreign, "select title from todo_item"));
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        await registry.RemoveAsync(registry.Parse("acme"), new TenantRemovalOptions { KeepData = true }, cancellationToken: Token);

        await Assert.ThrowsAsync<PostgresException>(() => TestDatabase.ColumnAsync<string>(own, "select title from todo_item"));
        Assert.Empty(await logins.ListAsync(Token));
        if (world.Major >= 16)
        {
            // A DBA made that one, and since 16 the admin may not drop it: it is nobody's now.
            Assert.Empty(await TestDatabase.ColumnAsync<string>(foreign, "select title from todo_item"));
        }
    }

    [Fact]
    public async Task Rows_that_the_admin_might_not_see_stop_it()
    {
        await using var world = await WorldAsync();
        await world.AdminAsync("drop policy tenants_admin on todo_item");
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        Assert.Equal("AdminViewMissing", (await FailsAsync(registry, RemoveData)).ErrorId);
    }

    [Fact]
    public async Task A_restrictive_policy_that_lets_the_admin_pass_hides_nothing_and_another_is_named_with_what_lets_him()
    {
        await using var world = await WorldAsync();
        await world.AdminAsync($"create policy short on todo_item as restrictive using (length(title) < 9 or {AdminPass.Text(world.Installation)})");
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        Assert.Equal("TenantHasData", (await FailsAsync(registry, new TenantRemovalOptions())).ErrorId);

        await world.AdminAsync("create policy \"lo\"\"ng\" on todo_item as restrictive for select using (title <> 'a1')");
        var error = await FailsAsync(registry, RemoveData);
        Assert.Equal("AdminViewMissing", error.ErrorId);
        Assert.Contains("'lo\"ng'", error.Message, StringComparison.Ordinal);
        await world.AdminAsync(error.Message[error.Message.IndexOf("alter policy", StringComparison.Ordinal)..]);
        await registry.RemoveAsync(registry.Parse("acme"), RemoveData, cancellationToken: Token);

        Assert.Equal(["globex"], await TestDatabase.ColumnAsync<string>(world.Test.Superuser, "select tenant from todo_item"));
    }

    private static async Task<TenantWorld> WorldAsync()
    {
        var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();
        return world;
    }

    private static Task<TenantException> FailsAsync(TenantRegistry registry, TenantRemovalOptions options) =>
        Assert.ThrowsAsync<TenantException>(() => registry.RemoveAsync(registry.Parse("acme"), options, cancellationToken: Token));

    private static async Task ClosedAsync(TenantRegistry registry)
    {
        while ((await registry.GetAsync(registry.Parse("acme"), Token)).State != TenantState.Closed)
        {
            await Task.Delay(20, Token);
        }
    }
}
