using System.Globalization;
using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Tests.Tables;
using Tenants.Testing;
using Xunit;
using static Tenants.Engine.Tests.Rollouts.AccountItems;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>A rollout is cut at each of its points, and run again: what comes of it is what comes of one that was not cut.</summary>
public sealed class CutTests
{
    // Narrow enough to be quick, and with pages enough for several portions.
    private const string Plain = """
        create table {0}.item (id int generated always as identity primary key, account_id int, title text);
        """;

    private const string Partitioned = """
        create table {0}.item (id int, account_id int, title text) partition by range (id);
        create table {0}.item_low partition of {0}.item for values from (0) to (400);
        create table {0}.item_high partition of {0}.item for values from (400) to (10000) partition by hash (id);
        create table {0}.item_high_a partition of {0}.item_high for values with (modulus 2, remainder 0);
        create table {0}.item_high_b partition of {0}.item_high for values with (modulus 2, remainder 1);
        """;

    private const string Rows = """
        insert into {0}.item ({1}account_id, title) select {2} 1 + i % 30, repeat('x', 700) || i from generate_series(1, 800) i;
        """;

    [Theory]
    [InlineData(false, "throw")]
    [InlineData(false, "terminate")]
    [InlineData(false, "terminate within")]
    [InlineData(true, "throw")]
    [InlineData(true, "terminate")]
    public async Task The_next_run_goes_on_and_ends_where_an_uncut_one_does(bool isPartitioned, string how)
    {
        await using var world = await TableWorld.CreateAsync("create table account (id int primary key, tenant text); insert into account select i, 't' || i % 3 from generate_series(1, 30) i");
        await world.InitializeAsync(TenantIdType.Text);
        var points = new List<string>();
        await RunAsync(world, await CreateAsync(world, 0, isPartitioned), new RolloutOptions { Throttle = 0, OnPoint = p => Task.FromResult(points.Count).ContinueWith(_ => points.Add(p)) });
        var expected = await CatalogPicture.ReadAsync(world.Test, "cut_0.item");
        var rows = await CatalogPicture.RowsAsync(world.Test, "cut_0.item");
        Assert.True(points.Count > 20, string.Join(", ", points));
        Assert.Contains(points, p => p.StartsWith("block", StringComparison.Ordinal));

        for (var cut = 1; cut <= points.Count; cut++)
        {
            var table = await CreateAsync(world, cut, isPartitioned);
            var failure = await Record.ExceptionAsync(() => RunAsync(world, table, CutAt(world, table, cut, how)));
            if (how != "terminate within")
            {
                Assert.True(failure is not null || cut == points.Count, $"{cut} {points[cut - 1]}: it was not cut");
            }

            Assert.True(failure is null or OperationCanceledException or TenantException { ErrorId: "ConnectionLost" }, $"{points[cut - 1]}: {failure}");

            // Told nothing, it goes on by what the first run was told; told all of it, too.
            var again = cut % 2 == 0 && failure is not null && cut > 2 ? new EnableRequest() : new EnableRequest { Backfill = Derive };
            var filled = await world.ValueAsync<long>($"select count(*) from {table}") - await FilledAsync(world, table);
            var updated = 0L;
            await RunAsync(world, table, new RolloutOptions { Throttle = 0, OnProgress = p => updated = Math.Max(updated, p.Rows ?? 0) }, again);
            Assert.True(updated <= filled, $"{points[cut - 1]}: {updated} rows were filled in again, {filled} were missing");
            Assert.Equal(expected, await CatalogPicture.ReadAsync(world.Test, table));
            Assert.Equal(rows, await CatalogPicture.RowsAsync(world.Test, table));
            Assert.Equal(0, await world.ValueAsync<long>("select count(*) from tenants.rollout"));
            Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_index where not indisvalid"));
        }
    }

    private static RolloutOptions CutAt(TableWorld world, string table, int cut, string how)
    {
        var count = 0;
        return new RolloutOptions
        {
            Throttle = 0,
            OnPoint = async point =>
            {
                if (++count != cut)
                {
                    return;
                }

                if (how == "throw")
                {
                    throw new OperationCanceledException("cut");
                }

                // The first statement after it fails; or a little later, so that something of it is cut in its midst.
                if (how == "terminate")
                {
                    await TerminateAsync(world);
                }
                else
                {
                    _ = Task.Delay(cut % 7).ContinueWith(_ => TerminateAsync(world)).Unwrap();
                }
            },
        };
    }

    private static Task<int> TerminateAsync(TableWorld world) => TestDatabase.ExecuteAsync(
        world.Test.Superuser,
        "do $$ begin perform pg_terminate_backend(l.pid, 5000) from pg_locks l where l.locktype = 'advisory' and l.classid = 1415933522 and l.database = (select oid from pg_database where datname = current_database()); end $$");

    private static async Task<long> FilledAsync(TableWorld world, string table) =>
        await world.ValueAsync<bool>($"select exists (select from pg_attribute where attrelid = '{table}'::regclass and attname = 'tenant')")
            ? await TestDatabase.ScalarAsync<long>(world.Test.Superuser, $"select count(tenant) from {table}")
            : 0;

    private static async Task<string> CreateAsync(TableWorld world, int number, bool isPartitioned)
    {
        var schema = $"cut_{number.ToString(CultureInfo.InvariantCulture)}";
        await world.RunAsync(string.Format(
            CultureInfo.InvariantCulture, $"create schema {{0}}; {(isPartitioned ? Partitioned : Plain)} {Rows}", schema, isPartitioned ? "id, " : "", isPartitioned ? "i, " : ""));
        return $"{schema}.item";
    }

    private static async Task RunAsync(TableWorld world, string table, RolloutOptions options, EnableRequest? request = null) =>
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync(table), request ?? new EnableRequest { Backfill = Derive }, null, options);
}
