using System.Numerics;
using Tenants.Engine.Queries;
using Xunit;

namespace Tenants.Engine.Tests.Queries;

/// <summary>Values of PowerShell reach the server as what they are, and never as text in the statement.</summary>
public sealed class BindingTests(SharedQueryDatabase shared) : IClassFixture<SharedQueryDatabase>
{
    private enum Color
    {
        Red,
    }

    private readonly QueryDatabase _database = shared.Database;

    public static TheoryData<object?, object?> RoundTrips => new()
    {
        { null, null },
        { "it's; -- $1 @x", "it's; -- $1 @x" },
        { 'c', "c" },
        { true, true },
        { (byte)7, (short)7 },
        { 1, 1 },
        { 2L, 2L },
        { 3u, 3L },
        { ulong.MaxValue, 18446744073709551615m },
        { 1.50m, 1.50m },
        { 0.1, 0.1 },
        { 1.5f, 1.5f },
        { double.NaN, double.NaN },
        { BigInteger.Parse("123456789012345678901234567890123", System.Globalization.CultureInfo.InvariantCulture), BigInteger.Parse("123456789012345678901234567890123", System.Globalization.CultureInfo.InvariantCulture) },
        { Guid.Parse("8f1c9b1e-0000-4000-8000-000000000001"), Guid.Parse("8f1c9b1e-0000-4000-8000-000000000001") },
        { new byte[] { 0, 1, 255 }, new byte[] { 0, 1, 255 } },
        { TimeSpan.FromMilliseconds(90061001), TimeSpan.FromMilliseconds(90061001) },
        { new DateTime(2024, 2, 29, 12, 0, 0), new DateTime(2024, 2, 29, 12, 0, 0) },
        { new DateTime(2024, 2, 29, 12, 0, 0, DateTimeKind.Utc), new DateTime(2024, 2, 29, 12, 0, 0, DateTimeKind.Utc).ToLocalTime() },
        { new DateTimeOffset(2024, 2, 29, 12, 0, 0, TimeSpan.FromHours(2)), new DateTime(2024, 2, 29, 10, 0, 0, DateTimeKind.Utc).ToLocalTime() },
        { DateTimeOffset.MaxValue, DateTime.MaxValue },
        { DateTime.MinValue, DateTime.MinValue },
        { new DateOnly(2024, 2, 29), new DateTime(2024, 2, 29) },
        { new TimeOnly(1, 2, 3), new TimeSpan(1, 2, 3) },
        { new object[] { 1, 2, 3 }, new[] { 1, 2, 3 } },
        { new object?[] { 1, null }, new object?[] { 1, null } },
        { new object[] { 1, 2L }, new[] { 1L, 2L } },
        { new object[] { 1, 2.5m }, new[] { 1m, 2.5m } },
        { new object[] { "a", "b\"c\\", "" }, new[] { "a", "b\"c\\", "" } },
        { new object?[] { "a", null }, new object?[] { "a", null } },
        { new object[] { new object[] { 1, 2 }, new object[] { 3, 4 } }, new object[] { new[] { 1, 2 }, new[] { 3, 4 } } },
        { new[,] { { 1, 2 }, { 3, 4 } }, new object[] { new[] { 1, 2 }, new[] { 3, 4 } } },
        { Array.Empty<int>(), Array.Empty<object>() },
        { Array.Empty<string>(), Array.Empty<object>() },
        { Color.Red, "Red" },
        { System.Net.IPAddress.Loopback, "127.0.0.1" },
    };

    [Theory]
    [MemberData(nameof(RoundTrips), DisableDiscoveryEnumeration = true)]
    public async Task A_value_comes_back_as_it_went(object? value, object? expected)
    {
        Assert.Equal(expected, await _database.ScalarAsync("select @value", QueryDatabase.Named(("value", value))));
        Assert.Equal(expected, await _database.ScalarAsync("select $1", QueryParameters.Positional([value])));
    }

    [Fact]
    public async Task A_dictionary_is_json()
    {
        var json = new System.Collections.Specialized.OrderedDictionary
        {
            ["a"] = 1, ["b"] = new object?[] { "x", null, 1.5m, true }, ["c"] = new Dictionary<string, object?> { ["d"] = "é\"" },
        };
        Assert.Equal("1", await _database.ScalarAsync("select @j::jsonb ->> 'a'", QueryDatabase.Named(("j", json))));
        Assert.Equal("""{"a": 1, "b": ["x", null, 1.5, true], "c": {"d": "é\""}}""", await _database.ScalarAsync("select @j::jsonb", QueryDatabase.Named(("j", json))));
        Assert.Equal(2, (await _database.RowsAsync(
            "select x.a from jsonb_to_recordset(@list) as x(a int)",
            QueryDatabase.Named(("list", new object[] { new Dictionary<string, object?> { ["a"] = 1 }, new Dictionary<string, object?> { ["a"] = 2 } })))).Count);
    }

    [Fact]
    public async Task A_text_becomes_what_stands_there()
    {
        await _database.Test.ExecuteAsync("create type mood as enum ('sad', 'ok')");
        var row = await _database.RowsAsync(
            """
            select @uuid = '8f1c9b1e-0000-4000-8000-000000000001'::uuid, @date > '2020-01-01'::date, @mood = 'ok'::mood, 5 + @number, @json @> '{"a":1}'::jsonb
            """,
            QueryDatabase.Named(("uuid", "8f1c9b1e-0000-4000-8000-000000000001"), ("date", "2024-01-01"), ("mood", "ok"), ("number", "7"), ("json", """{"a":1,"b":2}""")));
        Assert.Equal([true, true, true, 12, true], row[0]);
    }

    [Theory]
    [InlineData("select concat(@a, '!')", "x!")]
    [InlineData("select format('%s', @a)", "x")]
    [InlineData("select to_json(@a)", "\"x\"")]
    [InlineData("select jsonb_build_object('k', @a) ->> 'k'", "x")]
    [InlineData("select coalesce(@a, 'y')", "x")]
    [InlineData("select @a || @a", "xx")]
    [InlineData("select case when @a is null then 'n' else 's' end", "s")]
    [InlineData("select upper(@a) || @a::text", "Xx")]
    public async Task A_text_goes_where_the_server_wants_a_type(string sql, string expected)
    {
        // The second call knows already what the first one learned.
        Assert.Equal(expected, await _database.ScalarAsync(sql, QueryDatabase.Named(("a", "x"))));
        Assert.Equal(expected, await _database.ScalarAsync(sql, QueryDatabase.Named(("a", "x"))));
    }

    [Theory]
    [InlineData("select count(*) from pg_class where relname = any(@ids)", new[] { "pg_class", "pg_proc" }, 2L)]
    [InlineData("select count(*) from (values ('8f1c9b1e-0000-4000-8000-000000000001'::uuid)) v(u) where u = any(@ids)", new[] { "8f1c9b1e-0000-4000-8000-000000000001" }, 1L)]
    [InlineData("select count(*) from (values ('2024-01-01'::date)) v(d) where d = any(@ids)", new[] { "2024-01-01", "2024-01-02" }, 1L)]
    [InlineData("select count(*) from unnest(@ids)", new[] { "a", "b" }, 2L)]
    [InlineData("select count(*) from pg_class where relname = any(@ids)", new string[0], 0L)]
    [InlineData("select count(*) from pg_class where oid = any(@ids)", new object[0], 0L)]
    [InlineData("select count(*) from unnest(@ids)", new object[0], 0L)]
    public async Task A_list_fits_whatever_is_compared_with_it(string sql, object ids, long expected) =>
        Assert.Equal(expected, await _database.ScalarAsync(sql, QueryDatabase.Named(("ids", ids))));

    [Fact]
    public async Task A_list_of_texts_goes_into_a_column_of_another_array_type()
    {
        await _database.Test.ExecuteAsync("drop table if exists tagged; create table tagged (ids uuid[], numbers int[], at date); grant select, insert on tagged to public");
        await _database.RowsAsync(
            "insert into tagged values (@ids, @numbers, @at)",
            QueryDatabase.Named(("ids", new object[] { "8f1c9b1e-0000-4000-8000-000000000001" }), ("numbers", new object[] { 1, 2 }), ("at", "2024-01-01")));
        var row = (await _database.RowsAsync("select * from tagged"))[0];
        Assert.Equal(new[] { Guid.Parse("8f1c9b1e-0000-4000-8000-000000000001") }, row[0]);
    }

    [Fact]
    public async Task What_cannot_be_sent_is_refused_by_its_name_and_not_its_value()
    {
        var self = new Dictionary<string, object?>();
        self["me"] = self;
        foreach (var value in new object[] { new object(), "a\0b", "\ud800", new object[] { new object[] { 1, 2 }, new object[] { 3 } }, self, new object[] { 1, new object[] { 2 } } })
        {
            var error = await Assert.ThrowsAsync<TenantException>(() => _database.RowsAsync("select @secret", QueryDatabase.Named(("secret", value))));
            Assert.Equal("ParameterNotSupported", error.ErrorId);
            Assert.Contains("'secret'", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task No_value_stands_in_the_error_of_a_statement()
    {
        var error = await Assert.ThrowsAsync<TenantException>(() => _database.RowsAsync("select @a::text, 1 / @zero", QueryDatabase.Named(("a", "s3cret"), ("zero", 0))));
        Assert.Equal("22012", error.SqlState);
        Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);
    }
}
