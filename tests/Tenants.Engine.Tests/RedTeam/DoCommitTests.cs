using Npgsql;
using Tenants.Engine.Tenants;
using Tenants.Engine.Tests.Support;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>A DO block that commits would leave the transaction that the tenant's context belongs to, and go on as the login.</summary>
public class DoCommitTests
{
    private const string Attack = "do $$ begin commit; insert into public.loot select title from public.todo_item; end $$";

    [Fact]
    public async Task It_cannot_commit_inside_the_transaction_that_the_module_begins()
    {
        await using var world = await CreateAsync();

        var refused = await Assert.ThrowsAsync<PostgresException>(() => world.TenantAsync<object>("acme", Attack));

        Assert.Equal(PostgresErrorCodes.InvalidTransactionTermination, refused.SqlState);
        Assert.Equal(0, await world.AdminValueAsync<long>("select count(*) from public.loot"));
    }

    [Fact]
    public async Task What_it_reads_without_committing_is_the_tenants_own()
    {
        await using var world = await CreateAsync();

        await world.TenantAsync<object>("acme", "do $$ begin insert into public.loot select title from public.todo_item; end $$");

        Assert.Equal(["a1"], await TestDatabase.ColumnAsync<string>(world.Test.Admin, "select title from public.loot"));
    }

    [Fact]
    public async Task Control_without_an_explicit_begin_it_goes_on_as_the_login()
    {
        await using var world = await CreateAsync();
        var cancellation = TestContext.Current.CancellationToken;
        var isolation = await world.Database.GetIsolationAsync(cancellation);
        await isolation.PrepareAsync(cancellation);
        await using var connection = await world.Database.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in isolation.Enter(connection, TenantId.Parse("acme", TenantIdType.Text)))
        {
            batch.BatchCommands.Add(command);
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand(Attack));
        try
        {
            await batch.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InvalidTransactionTermination)
        {
            Assert.Skip("This server refuses a COMMIT there by itself.");
        }

        Assert.Equal(2, await world.AdminValueAsync<long>("select count(*) from public.loot"));
    }

    private static async Task<TenantWorld> CreateAsync()
    {
        var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();
        await world.AdminAsync($"create table public.loot (title text); grant select, insert on public.loot to \"{world.Installation.SessionRole}\"");
        return world;
    }
}
