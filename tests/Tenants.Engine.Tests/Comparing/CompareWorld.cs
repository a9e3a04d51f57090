using Tenants.Engine.Comparing;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Tests.Tables;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Comparing;

/// <summary>A database in which nothing differs: a plain table, a partitioned one, one with a child, one that is shared.</summary>
internal sealed class CompareWorld : IAsyncDisposable
{
    private readonly Installation _installation;

    private CompareWorld(TableWorld tables, Installation installation)
    {
        Tables = tables;
        _installation = installation;
    }

    public TableWorld Tables { get; }

    public int Major => Tables.Database.ServerVersion.Major;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<CompareWorld> CreateAsync()
    {
        var tables = await TableWorld.CreateAsync("""
            create table todo_item (id serial, title text);
            create table event (id int, region text, tenant text) partition by list (region);
            create table event_eu partition of event for values in ('eu');
            create table event_us partition of event for values in ('us');
            create table item (id int);
            create table special (more int) inherits (item);
            create table plan (id serial, name text)
            """);
        foreach (var table in new[] { "todo_item", "event", "item" })
        {
            await tables.EnableAsync(table);
        }

        var plan = await SharedTablePlanner.GrantAsync(tables.Database, await tables.FindAsync("plan"), false, false, Cancellation);
        await PlanRunner.RunAsync(tables.Database, plan, cancellationToken: Cancellation);
        return new CompareWorld(tables, await tables.Database.GetInstallationAsync(Cancellation));
    }

    /// <summary>Runs SQL as the superuser, with <c>{session}</c>, <c>{admin}</c>, <c>{dba}</c>, <c>{schema}</c> and <c>{db}</c> filled in.</summary>
    public Task RunAsync(string sql) => TestDatabase.ExecuteAsync(Tables.Test.Superuser, sql
        .Replace("{session}", $"\"{_installation.SessionRole}\"", StringComparison.Ordinal)
        .Replace("{admin}", $"\"{_installation.AdminRole}\"", StringComparison.Ordinal)
        .Replace("{dba}", Tables.Test.AdminLogin, StringComparison.Ordinal)
        .Replace("{schema}", _installation.QuotedSchema, StringComparison.Ordinal)
        .Replace("{db}", Tables.Test.Name, StringComparison.Ordinal));

    public Task<IReadOnlyList<TenantRlsDifference>> CompareAsync() => RlsComparer.CompareAsync(Tables.Database, cancellationToken: Cancellation);

    /// <summary>Fails unless exactly this differs; then runs what mends it, and fails unless nothing differs.</summary>
    public async Task<TenantRlsDifference> MendsAsync(TenantRlsDifferenceKind kind, TenantRlsSeverity severity)
    {
        var found = await CompareAsync();
        Assert.True(found.Count == 1, $"{found.Count} differences:\n{string.Join('\n', found)}");
        Assert.Equal((kind, severity), (found[0].Kind, found[0].Severity));
        Assert.NotNull(found[0].Purpose);
        Assert.NotNull(found[0].Lock);
        Assert.DoesNotContain("  ", found[0].Description, StringComparison.Ordinal);
        await RunAsync(found[0].Mend!);
        Assert.Empty(await CompareAsync());
        return found[0];
    }

    public ValueTask DisposeAsync() => Tables.DisposeAsync();
}
