using System.Globalization;
using System.Net;
using System.Numerics;
using Xunit;
using static Tenants.Engine.Tests.Importing.ImportWorld;

namespace Tenants.Engine.Tests.Importing;

/// <summary>What a value of .NET becomes in a column of each type, in a culture that writes numbers and dates otherwise.</summary>
public class ImportValueTests
{
    public static TheoryData<string, object?, string?> Values => new()
    {
        { "integer", 5, "5" },
        { "integer", "42", "42" },
        { "integer", 7L, "7" },
        { "integer", 3.0, "3" },
        { "integer", "", null },
        { "integer", null, null },
        { "smallint", (byte)200, "200" },
        { "bigint", "-9223372036854775808", "-9223372036854775808" },
        { "bigint", new BigInteger(12), "12" },
        { "numeric", 1.50m, "1.50" },
        { "numeric", "1.50", "1.50" },
        { "numeric", 0.1, "0.1" },
        { "numeric", "123456789012345678901234567890.0123456789", "123456789012345678901234567890.0123456789" },
        { "numeric", BigInteger.Pow(10, 40), "1" + "0000000000000000000000000000000000000000" },
        { "double precision", 0.1, "0.1" },
        { "double precision", "1e300", "1e+300" },
        { "double precision", double.NaN, "NaN" },
        { "real", 0.5f, "0.5" },
        { "real", 0.5, "0.5" },
        { "boolean", true, "true" },
        { "boolean", "True", "true" },
        { "boolean", "yes", "true" },
        { "boolean", 0, "false" },
        { "text", "", "" },
        { "text", 1.5, "1.5" },
        { "text", true, "true" },
        { "text", DayOfWeek.Friday, "Friday" },
        { "varchar(5)", "abc", "abc" },
        { "char(5)", "abc", "abc" },
        { "name", "pg_class", "pg_class" },
        { "\"char\"", "r", "r" },
        { "bit(3)", "101", "101" },
        { "uuid", Guid.Empty, "00000000-0000-0000-0000-000000000000" },
        { "uuid", "{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" },
        { "date", new DateTime(2026, 2, 1, 13, 0, 0), "2026-02-01" },
        { "date", new DateOnly(2026, 2, 1), "2026-02-01" },
        { "date", "2026-02-01", "2026-02-01" },
        { "date", DateTime.MaxValue, "infinity" },
        { "time", new TimeSpan(13, 5, 0), "13:05:00" },
        { "time", "13:05", "13:05:00" },
        { "timestamp", new DateTime(2026, 2, 1, 13, 0, 0), "2026-02-01 13:00:00" },
        { "timestamp", "2026-02-01T13:00:00", "2026-02-01 13:00:00" },
        { "timestamp", new DateTime(2026, 2, 1, 13, 0, 0, DateTimeKind.Utc), "2026-02-01 13:00:00" },
        { "timestamptz", new DateTime(2026, 2, 1, 13, 0, 0, DateTimeKind.Utc), "2026-02-01 13:00:00+00" },
        { "timestamptz", new DateTimeOffset(2026, 2, 1, 13, 0, 0, TimeSpan.FromHours(2)), "2026-02-01 11:00:00+00" },
        { "timestamptz", new DateTime(2026, 2, 1, 13, 0, 0), "2026-02-01 13:00:00+00" },
        { "timestamptz", DateTime.MinValue, "-infinity" },
        { "interval", new TimeSpan(1, 2, 3, 4), "1 day 02:03:04" },
        { "interval", "1 mon", "1 mon" },
        { "bytea", new byte[] { 1, 255 }, "\\x01ff" },
        { "bytea", "\\x0102", "\\x0102" },
        { "jsonb", new Dictionary<string, object?> { ["a"] = 1 }, """{"a": 1}""" },
        { "jsonb", """{"b":[1]}""", """{"b": [1]}""" },
        { "jsonb", new object?[] { 1, "x", null }, """[1, "x", null]""" },
        { "json", true, "true" },
        { "integer[]", new object?[] { 1, null }, "{1,NULL}" },
        { "integer[]", new[] { 1, 2 }, "{1,2}" },
        { "integer[]", "{3,4}", "{3,4}" },
        { "text[]", new object?[] { "a\"b", "c,d" }, "{\"a\\\"b\",\"c,d\"}" },
        { "text[]", Array.Empty<object>(), "{}" },
        { "mood", "glad", "glad" },
        { "positive", 3, "3" },
        { "code", "abc", "abc" },
        { "int4range", "[1,5)", "[1,5)" },
        { "inet", IPAddress.Loopback, "127.0.0.1/32" },
    };

    [Fact]
    public async Task Values_become_what_they_stand_for()
    {
        var rows = Values.Select(row => row.Data).ToList();
        var columns = rows.Select((row, i) => $"c{i} {row.Item1}");
        await using var world = await WithTypesAsync(string.Join(", ", columns));
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo("de-DE");
        try
        {
            await world.ImportAsync(Item([.. rows.Select((row, i) => ($"c{i}", row.Item2))]));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }

        for (var i = 0; i < rows.Count; i++)
        {
            Assert.Equal((rows[i].Item1, rows[i].Item3), (rows[i].Item1, await world.StoredAsync($"c{i}")));
        }
    }

    [Theory]
    [InlineData("integer", 2.5)]
    [InlineData("integer", 3_000_000_000L)]
    [InlineData("smallint", 40_000)]
    [InlineData("integer", "x")]
    [InlineData("varchar(3)", "abcd")]
    [InlineData("bit(3)", "1010")]
    [InlineData("mood", "cross")]
    [InlineData("code", "abcd")]
    [InlineData("jsonb", "{")]
    [InlineData("boolean", 2)]
    [InlineData("name", "a name of more than sixty-three bytes, which the server would cut for us")]
    [InlineData("\"char\"", "ab")]
    public async Task What_would_lose_something_is_refused_with_its_column(string type, object value)
    {
        await using var world = await WithTypesAsync($"a text, b {type}");

        var failure = await Assert.ThrowsAsync<TenantException>(() => world.ImportAsync(Item(("a", "fine"), ("b", null)), Item(("a", "fine"), ("b", value))));

        Assert.StartsWith("Object 2, column 'b': ", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, await world.CountAsync());
    }

    [Fact]
    public async Task What_cannot_be_sent_at_all_is_refused_here()
    {
        await using var world = await WithTypesAsync("a text, b integer, c jsonb");

        foreach (var item in new[] { Item(("a", "nul\0")), Item(("a", "half \ud800")), Item(("a", new object[] { 1 })), Item(("b", new object())), Item(("c", new object())) })
        {
            var failure = await world.FailsAsync("ParameterNotSupported", item);
            Assert.StartsWith($"Object 1, column '{item.Names[0]}': The value of '{item.Names[0]}' ", failure.Message, StringComparison.Ordinal);
        }
    }

    // Where extensions usually lie, and tenants have no USAGE.
    [Fact]
    public async Task A_type_may_lie_in_a_schema_that_tenants_cannot_enter()
    {
        await using var world = await CreateAsync("stand_in int");
        await world.Tables.RunAsync("""
            create schema extensions;
            create type extensions.mood as enum ('glad', 'so, "so"');
            create domain extensions.feeling as extensions.mood check (value <> 'glad');
            create type extensions.pair as (a int, b text);
            alter table todo_item add column n int, add column "Mood" extensions.mood, add column feeling extensions.feeling, add column pair extensions.pair;
            """);

        await world.ImportAsync(Item(("n", 1), ("mood", "glad"), ("feeling", null), ("pair", "(1,\"x, y\")")), Item(("n", 2), ("mood", "so, \"so\""), ("feeling", "so, \"so\""), ("pair", null)));

        Assert.Equal("glad--(1,\"x, y\"),so, \"so\"-so, \"so\"-", await world.Tables.ValueAsync<string>("select string_agg(concat_ws('-', \"Mood\"::text, coalesce(feeling::text, ''), coalesce(pair::text, '')), ',' order by n) from todo_item"));
        var failure = await Assert.ThrowsAsync<TenantException>(() => world.ImportAsync(Item(("n", 1), ("mood", "glad")), Item(("n", 2), ("mood", "cross"))));
        Assert.StartsWith("Object 2, column 'Mood': ", failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("Object 1, column 'feeling': ", (await Assert.ThrowsAsync<TenantException>(() => world.ImportAsync(Item(("feeling", "glad"))))).Message, StringComparison.Ordinal);
        Assert.Equal(2, await world.CountAsync());
    }

    [Fact]
    public async Task A_column_of_several_kinds_of_values_keeps_its_rows_in_order()
    {
        await using var world = await WithTypesAsync("n integer, at timestamptz");
        object?[] moments = [new DateTime(2026, 1, 1), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), "2026-01-01", null, DateTime.MaxValue];

        await world.ImportAsync([.. Enumerable.Range(0, 50).Select(i => Item(("n", i % 3 == 0 ? i : $" {i} "), ("at", moments[i % 5])))]);

        Assert.Equal(string.Join(',', Enumerable.Range(0, 50)), await world.Tables.ValueAsync<string>("select string_agg(n::text, ',' order by ctid) from todo_item"));
        Assert.Equal(30, await world.Tables.ValueAsync<long>("select count(*) from todo_item where at = '2026-01-01 00:00:00+00'"));
    }

    private static async Task<ImportWorld> WithTypesAsync(string columns)
    {
        var world = await CreateAsync("stand_in int");
        await world.Tables.RunAsync($"""
            create type mood as enum ('glad', 'sad');
            create domain positive as integer check (value > 0);
            create domain code as varchar(3);
            do $$begin execute format('alter database %I set timezone = %L', current_database(), 'UTC'); end$$;
            alter table todo_item {string.Join(", ", Split(columns).Select(c => "add column " + c))};
            """);

        // What the pool holds began with the time zone of before.
        return await AgainAsync(world);
    }

    // At commas outside of parentheses.
    private static string[] Split(string columns) => System.Text.RegularExpressions.Regex.Split(columns, @",\s*(?![^()]*\))");
}
