using System.Text.Json;
using Npgsql;
using Tenants.Engine.Isolation.Keys;
using Tenants.Engine.Tenants;
using Tenants.Engine.Tests.Support;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Entering;

public class ContextTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_expired_context_begins_no_transaction()
    {
        await using var world = await WorldAsync();
        Assert.Equal("TN004", await SignedStateAsync(world, TimeSpan.FromSeconds(-5)));
        Assert.Null(await SignedStateAsync(world, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_key_of_one_login_signs_for_no_other()
    {
        await using var world = await WorldAsync();
        var (_, connectionString) = await world.Test.CreateLoginAsync("other");
        Assert.Equal("TN001", await SignedStateAsync(world, TimeSpan.FromSeconds(30), world.Test.CreateSource(connectionString)));
    }

    [Fact]
    public async Task A_login_that_is_no_admin_makes_no_key()
    {
        await using var world = await WorldAsync();
        var (login, connectionString) = await world.Test.CreateLoginAsync("other");
        var error = await Assert.ThrowsAsync<PostgresException>(() => TestDatabase.ExecuteAsync(
            world.Test.CreateSource(connectionString), $"select {world.Installation.QuotedSchema}.create_key('{login}', interval '1 hour')"));
        Assert.Equal("42501", error.SqlState);
    }

    [Theory]
    [InlineData("", "42501", "keys are made by an admin")]
    [InlineData("delete from {schema}.setting where name = 'admin_role'", "42501", "keys are made by an admin")]
    [InlineData("update {schema}.setting set value = 'nobody at all' where name = 'admin_role'", "42704", "\"nobody at all\" does not exist")]
    public async Task A_right_to_call_it_makes_nobody_an_admin_nor_do_settings_that_are_gone(string tampering, string state, string message)
    {
        await using var world = await WorldAsync();
        var schema = world.Installation.QuotedSchema;
        var (login, connectionString) = await world.Test.CreateLoginAsync("other");
        await world.SuperuserAsync($"grant execute on all functions in schema {schema} to {login}; {tampering.Replace("{schema}", schema, StringComparison.Ordinal)}");
        var sources = tampering.Length == 0 ? [connectionString] : new[] { connectionString, world.Test.AdminConnectionString };

        foreach (var source in sources.Select(world.Test.CreateSource))
        {
            var error = await Assert.ThrowsAsync<PostgresException>(() => TestDatabase.ExecuteAsync(source, $"select {schema}.create_key(session_user, interval '1 hour')"));
            Assert.Equal(state, error.SqlState);
            Assert.Contains(message, error.MessageText, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Nobody_but_the_owner_reads_the_keys()
    {
        await using var world = await WorldAsync();
        await world.TenantAsync<string>("acme", "select title from todo_item");
        var (_, connectionString) = await world.Test.CreateLoginAsync("other");
        foreach (var table in (string[])["key", "tenant", "login"])
        {
            var error = await Assert.ThrowsAsync<PostgresException>(() => TestDatabase.ExecuteAsync(
                world.Test.CreateSource(connectionString), $"select * from {world.Installation.QuotedSchema}.{table}"));
            Assert.Equal("42501", error.SqlState);
            error = await Assert.ThrowsAsync<PostgresException>(() => world.TenantAsync<object>("acme", $"select 1 from {world.Installation.QuotedSchema}.{table}"));
            Assert.Equal("42501", error.SqlState);
        }
    }

    [Fact]
    public async Task A_bound_login_sees_and_writes_its_own_rows_with_nothing_to_sign()
    {
        await using var world = await WorldAsync();
        var login = await world.CreateBoundLoginAsync("acme");
        Assert.Equal(["a1"], await TestDatabase.ColumnAsync<string>(login, "select title from todo_item"));
        Assert.Equal(1, await TestDatabase.ExecuteAsync(login, "insert into todo_item values ('acme', 'a2')"));
        var error = await Assert.ThrowsAsync<PostgresException>(() => TestDatabase.ExecuteAsync(login, "insert into todo_item values ('globex', 'g2')"));
        Assert.Equal(("42501", "ExecWithCheckOptions"), (error.SqlState, error.Routine));
        Assert.Equal(["a1", "a2"], await TestDatabase.ColumnAsync<string>(login, "with s as materialized (select set_config('tenants.tenant', 'globex', false)) select title from s, todo_item order by 1"));
    }

    [Fact]
    public async Task A_bound_login_sees_nothing_once_it_expired_or_its_name_was_recycled()
    {
        await using var world = await WorldAsync();
        var login = await world.CreateBoundLoginAsync("acme");
        await world.SuperuserAsync($"update {world.Installation.QuotedSchema}.login set expires_at = now() - interval '1 second'");
        Assert.Empty(await TestDatabase.ColumnAsync<string>(login, "select title from todo_item"));
        await world.SuperuserAsync($"update {world.Installation.QuotedSchema}.login set expires_at = null, oid = 1");
        Assert.Empty(await TestDatabase.ColumnAsync<string>(login, "select title from todo_item"));
    }

    [Fact]
    public async Task The_policy_asks_once_for_a_statement_and_not_for_each_row()
    {
        await using var world = await WorldAsync();
        await world.AdminAsync("insert into todo_item select 'acme', n::text from generate_series(1, 3000) n; analyze todo_item");
        var plan = string.Concat(await world.TenantAsync<string>("acme", "explain (analyze, format json, timing off) select * from todo_item"));
        var initPlans = new List<JsonElement>();
        Collect(JsonDocument.Parse(plan).RootElement[0].GetProperty("Plan"), initPlans);
        Assert.NotEmpty(initPlans);
        Assert.All(initPlans, p => Assert.True(p.GetProperty("Actual Loops").GetDouble() <= 1));
    }

    [Fact]
    public async Task Parallel_workers_see_the_tenants_rows_and_no_more()
    {
        await using var world = await WorldAsync();
        await world.AdminAsync("insert into todo_item select case n % 2 when 0 then 'acme' else 'globex' end, n::text from generate_series(1, 20000) n; drop index todo_item_tenant_idx; analyze todo_item");
        await world.SuperuserAsync($"alter role {world.Test.AdminLogin} set parallel_setup_cost = 0; alter role {world.Test.AdminLogin} set parallel_tuple_cost = 0; alter role {world.Test.AdminLogin} set min_parallel_table_scan_size = 0");
        await using var database = await Engine.Connections.TenantDatabase.OpenAsync(new(world.Test.AdminConnectionString), Token);
        var isolation = await database.GetIsolationAsync(Token);
        await isolation.PrepareAsync(Token);
        var (count, plan) = await database.UseAsync(
            async connection =>
            {
                await using var transaction = await connection.BeginTransactionAsync(Token);
                foreach (var command in isolation.Enter(connection, TenantId.Parse("acme", TenantIdType.Text)))
                {
                    await using var batch = new NpgsqlBatch(connection) { BatchCommands = { command } };
                    await batch.ExecuteNonQueryAsync(Token);
                }

                await using var counting = new NpgsqlCommand("select count(*) from todo_item", connection);
                var rows = (long)(await counting.ExecuteScalarAsync(Token))!;
                await using var explaining = new NpgsqlCommand("explain select count(*) from todo_item", connection);
                await using var reader = await explaining.ExecuteReaderAsync(Token);
                var lines = new List<string>();
                while (await reader.ReadAsync(Token))
                {
                    lines.Add(reader.GetString(0));
                }

                return (rows, string.Join("\n", lines));
            },
            Token);
        Assert.Equal(10_001, count);
        Assert.Contains("Workers Planned", plan, StringComparison.Ordinal);
    }

    // The SQLSTATE that a context of this key meets, or null if the tenant was entered.
    private static async Task<string?> SignedStateAsync(TenantWorld world, TimeSpan life, NpgsqlDataSource? source = null)
    {
        await using var admin = await world.Test.Admin.OpenConnectionAsync(Token);
        var (key, signer) = await KeyMaker.CreateAsync(admin, world.Installation, world.Test.AdminLogin, TimeSpan.FromHours(1), Token);
        await using var connection = await (source ?? world.Test.Admin).OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var token = key.Sign(
            connection.ProcessID.ToString(System.Globalization.CultureInfo.InvariantCulture), world.Test.AdminLogin, TenantId.Parse("acme", TenantIdType.Text), signer.Clock.Now + life);
        await using var enter = new NpgsqlCommand($"select {world.Installation.QuotedSchema}.enter('acme', $1)", connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = token } },
        };
        try
        {
            await enter.ExecuteNonQueryAsync(Token);
            return null;
        }
        catch (PostgresException e)
        {
            return e.SqlState;
        }
    }

    private static async Task<TenantWorld> WorldAsync()
    {
        var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();
        return world;
    }

    private static void Collect(JsonElement node, List<JsonElement> initPlans)
    {
        if (node.TryGetProperty("Parent Relationship", out var parent) && parent.GetString() == "InitPlan")
        {
            initPlans.Add(node);
        }

        if (node.TryGetProperty("Plans", out var children))
        {
            foreach (var child in children.EnumerateArray())
            {
                Collect(child, initPlans);
            }
        }
    }
}
