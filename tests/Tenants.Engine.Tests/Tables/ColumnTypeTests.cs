using Npgsql;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Tables;

public class ColumnTypeTests
{
    private const string A = "6b8f0a0e-0c3c-4f6a-9a55-0123456789ab";
    private const string B = "6b8f0a0e-0c3c-4f6a-9a55-0123456789ac";

    [Theory]
    [InlineData("text", "acme", "Acme", TenantIdType.Text)]
    [InlineData("text collate \"C\"", "acme", "日本", TenantIdType.Text)]
    [InlineData("varchar", "acme", "x_tenant_y", TenantIdType.Text)]
    [InlineData("varchar(20)", "a'b\"c", "a\\b", TenantIdType.Text)]
    [InlineData("name_domain", "acme", "globex", TenantIdType.Text)]
    [InlineData("short_domain", "acme", "globex", TenantIdType.Text)]
    [InlineData("integer", "-1", "2147483647", TenantIdType.Integer)]
    [InlineData("number_domain", "1", "2", TenantIdType.Integer)]
    [InlineData("inner_domain", "1", "2", TenantIdType.Integer)]
    [InlineData("bigint", "1", "9223372036854775807", TenantIdType.Bigint)]
    [InlineData("uuid", A, B, TenantIdType.Uuid)]
    public async Task A_column_of_every_type_keeps_tenants_apart(string type, string one, string other, TenantIdType expected)
    {
        await using var world = await TableWorld.CreateAsync($"""
            create domain name_domain as text check (value <> 'forbidden');
            create domain short_domain as varchar(30);
            create domain number_domain as integer;
            create domain inner_domain as number_domain;
            create table todo_item (id int, tenant {type})
            """);
        await world.Test.ExecuteAsync($"insert into todo_item values (1, '{one.Replace("'", "''", StringComparison.Ordinal)}'), (2, '{other.Replace("'", "''", StringComparison.Ordinal)}')");

        await world.EnableAsync("todo_item");
        await world.RegisterAsync(one, other);
        await world.AsTenantAsync(one, "insert into todo_item (id) values (3)");

        Assert.Equal(expected, (await world.Database.GetInstallationAsync(TestContext.Current.CancellationToken)).TenantType);
        Assert.Equal(["1", "3"], await world.AsTenantAsync(one, "select id from todo_item order by id"));
        Assert.Equal(["2"], await world.AsTenantAsync(other, "select id from todo_item order by id"));
    }

    [Theory]
    [InlineData(TenantIdType.Integer, "text", "1", "2")]
    [InlineData(TenantIdType.Integer, "bigint", "1", "-2147483648")]
    [InlineData(TenantIdType.Bigint, "integer", "1", "2")]
    [InlineData(TenantIdType.Bigint, "varchar(30)", "0", "-9223372036854775808")]
    [InlineData(TenantIdType.Uuid, "text", A, B)]
    [InlineData(TenantIdType.Uuid, "uuid", A, B)]
    public async Task A_column_of_another_type_that_holds_the_same_identifiers_does_too(TenantIdType type, string column, string one, string other)
    {
        await using var world = await TableWorld.CreateAsync($"create table todo_item (id int, tenant {column}); insert into todo_item values (1, '{one}'), (2, '{other}')");
        await world.InitializeAsync(type);

        await world.EnableAsync("todo_item");
        await world.RegisterAsync(one, other);
        await world.AsTenantAsync(other, "insert into todo_item (id) values (3)");

        Assert.Equal(["1"], await world.AsTenantAsync(one, "select id from todo_item order by id"));
        Assert.Equal(["2", "3"], await world.AsTenantAsync(other, "select id from todo_item order by id"));
    }

    [Theory]
    [InlineData(TenantIdType.Text)]
    [InlineData(TenantIdType.Integer)]
    [InlineData(TenantIdType.Bigint)]
    [InlineData(TenantIdType.Uuid)]
    public async Task A_column_that_is_added_has_the_databases_type(TenantIdType type)
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (id int); insert into todo_item values (1)");
        await world.InitializeAsync(type);

        var rls = await world.EnableAsync("todo_item", defaultTenant: type == TenantIdType.Uuid ? A.ToUpperInvariant() : "7");

        Assert.Equal(type.ToString(), rls.Type, ignoreCase: true);
        Assert.Equal(["1"], await world.AsTenantAsync(type == TenantIdType.Uuid ? A : "7", "select id from todo_item"));
    }

    [Theory]
    [InlineData("char(5)", null)]
    [InlineData("numeric", null)]
    [InlineData("smallint", null)]
    [InlineData("jsonb", null)]
    [InlineData("text[]", null)]
    [InlineData("text generated always as ('x') stored", null)]
    [InlineData("integer generated always as identity", null)]
    [InlineData("integer", TenantIdType.Text)]
    [InlineData("uuid", TenantIdType.Integer)]
    [InlineData("integer", TenantIdType.Uuid)]
    public async Task A_column_of_a_type_that_cannot_be_is_refused_by_name(string column, TenantIdType? type)
    {
        await using var world = await TableWorld.CreateAsync($"create table todo_item (id int, tenant {column})");
        if (type is { } asked)
        {
            await world.InitializeAsync(asked);
        }

        var failure = await world.FailsAsync("ColumnTypeNotSupported", "todo_item");

        Assert.Contains("\"tenant\" of public.todo_item", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create extension citext", "citext")]
    [InlineData("create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)", "text collate loose")]
    public async Task A_column_that_takes_two_tenants_for_one_is_refused(string prepare, string type)
    {
        await using var world = await TableWorld.CreateAsync();
        try
        {
            await TestDatabase.ExecuteAsync(world.Test.Superuser, prepare);
        }
        catch (PostgresException e)
        {
            Assert.Skip($"This server has no such type: {e.MessageText}");
        }

        await world.RunAsync($"create table todo_item (id int, tenant {type})");

        Assert.Contains("ACME", (await world.FailsAsync("ColumnTypeNotSupported", "todo_item")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TenantIdType.Integer, "text", "'1', '01', 'x', '99999999999'", "3 rows")]
    [InlineData(TenantIdType.Integer, "bigint", "1, 2147483648", "1 row")]
    [InlineData(TenantIdType.Uuid, "text", "'" + A + "', 'x', '6B8F0A0E-0C3C-4F6A-9A55-0123456789AB'", "2 rows")]
    public async Task Values_that_are_no_identifier_are_counted_and_refused_before_any_change(TenantIdType type, string column, string values, string count)
    {
        await using var world = await TableWorld.CreateAsync($"create table todo_item (tenant {column}); insert into todo_item select unnest(array[{values}])");
        await world.InitializeAsync(type);

        var failure = await world.FailsAsync("ColumnValuesNotSupported", "todo_item");

        Assert.StartsWith(count + " of", failure.Message, StringComparison.Ordinal);
        Assert.False(await world.ValueAsync<bool>("select relrowsecurity from pg_class where oid = 'todo_item'::regclass"));
    }

    [Fact]
    public async Task A_tenant_that_is_too_long_for_the_column_is_not_cut_into_another()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (id int, tenant varchar(5)); insert into todo_item values (1, 'abcde')");
        await world.EnableAsync("todo_item");
        await world.RegisterAsync("abcde", "abcdef");

        Assert.Empty(await world.AsTenantAsync("abcdef", "select id from todo_item"));
        var failure = await Assert.ThrowsAsync<PostgresException>(() => world.AsTenantAsync("abcdef", "insert into todo_item (id) values (2)"));
        Assert.Equal("22001", failure.SqlState);
    }
}
