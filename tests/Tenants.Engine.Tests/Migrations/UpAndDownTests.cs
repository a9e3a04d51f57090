using Tenants.Engine.Plans;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Migrations;

/// <summary>Up leaves what a run would leave, on a database of another name; down what was there before; and up again the same as up.</summary>
public class UpAndDownTests
{
    private const string Odd = "we\"ird \"\"\" :na $1 {0} ${x} %s \\ $tenants$";

    public static TheoryData<TenantMigrationFormat> Formats => [.. Enum.GetValues<TenantMigrationFormat>()];

    [Theory]
    [MemberData(nameof(Formats))]
    public Task A_table_with_rows_in_a_database_that_was_not_initialised(TenantMigrationFormat format) => CheckAsync(
        format,
        "create table todo_item (id int generated always as identity primary key, title text); insert into todo_item (title) values ('old')",
        new EnableRequest(DefaultTenant: "acme"),
        ["todo_item"],
        "todo_item");

    [Theory]
    [MemberData(nameof(Formats))]
    public Task Names_that_mean_something_to_the_tool_and_its_language(TenantMigrationFormat format)
    {
        var quoted = $"\"{Odd.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        return CheckAsync(
            format,
            $"create schema {quoted}; create table {quoted}.{quoted} (id serial primary key, {quoted} text); insert into {quoted}.{quoted} values (1, null), (2, 'a:b')",
            new EnableRequest(Odd, "it's {a} \\ :b"),
            [$"{quoted}.{quoted}"],
            $"{quoted}.{quoted}");
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public Task Several_tables_a_partitioned_one_and_one_with_children_in_a_database_that_was_initialised_with_numbers(TenantMigrationFormat format) => CheckAsync(
        format,
        """
        create table event (id int, at date not null) partition by range (at);
        create table event_1 partition of event for values from ('2025-01-01') to ('2026-01-01');
        create table event_2 partition of event for values from ('2026-01-01') to ('2027-01-01');
        insert into event values (1, '2025-02-03'), (2, '2026-02-03');
        create table parent (id int);
        create table child (extra text) inherits (parent);
        insert into child values (1, 'x')
        """,
        new EnableRequest(DefaultTenant: "7"),
        ["event", "parent"],
        "event",
        TenantIdType.Bigint);

    private static async Task CheckAsync(
        TenantMigrationFormat format, string sql, EnableRequest request, string[] tables, string counted, TenantIdType? type = null)
    {
        await using var world = await MigrationWorld.CreateAsync(sql);
        if (type is { } initialized)
        {
            await world.Here.InitializeAsync(initialized);
            await world.There.InitializeAsync(initialized);
        }

        var tool = MigrationWorld.Tool(format);
        tool.Begin(world.Folder);
        await tool.UpAsync(world.Folder, world.There.Test.AdminConnectionString);
        var files = await world.WriteAsync(format, request, tables);
        var before = await CatalogSnapshot.TakeAsync(world.There.Test);
        var rows = await world.There.ValueAsync<long>($"select count(*) from {counted}");

        await tool.UpAsync(world.Folder, world.There.Test.AdminConnectionString);
        var up = await CatalogSnapshot.TakeAsync(world.There.Test);
        await tool.DownAsync(world.Folder, world.There.Test.AdminConnectionString);
        var down = await CatalogSnapshot.TakeAsync(world.There.Test);
        await tool.UpAsync(world.Folder, world.There.Test.AdminConnectionString);
        var again = await CatalogSnapshot.TakeAsync(world.There.Test);

        foreach (var table in tables)
        {
            await world.Here.EnableAsync(table, request.Column, request.DefaultTenant);
        }

        var applied = await CatalogSnapshot.TakeAsync(world.Here.Test);
        Assert.NotEmpty(files);
        Assert.NotEqual(before, up);
        Equal(applied, up);
        Equal(before, down);
        Equal(up, again);
        Assert.Equal(rows, await world.There.ValueAsync<long>($"select count(*) from {counted}"));
        await world.There.Database.ForgetInstallationAsync();
        foreach (var table in tables)
        {
            Assert.Empty((await world.There.PlanAsync(table, request.Column, request.DefaultTenant)).Plan.Steps);
        }
    }

    // What differs, and not two lists of hundreds of lines.
    private static void Equal(IReadOnlyList<string> expected, IReadOnlyList<string> actual) => Assert.Equal(
        string.Join('\n', expected.Except(actual).Select(l => "only expected: " + l)),
        string.Join('\n', actual.Except(expected).Select(l => "only actual: " + l)));
}
