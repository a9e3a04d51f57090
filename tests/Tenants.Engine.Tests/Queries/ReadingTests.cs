using System.Numerics;
using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Results;
using Xunit;

namespace Tenants.Engine.Tests.Queries;

/// <summary>Every type of PostgreSQL comes out as something useful.</summary>
public sealed class ReadingTests(SharedQueryDatabase shared) : IClassFixture<SharedQueryDatabase>
{
    private readonly QueryDatabase _database = shared.Database;

    [Fact]
    public async Task Plain_types_come_as_those_of_NET()
    {
        var row = (await _database.RowsAsync(
            """
            select true, 1::int2, 2, 3::int8, 1.5::float4, 2.5::float8, 'text', 'c'::char(3), 'v'::varchar, 'n'::name, '\x00ff'::bytea,
                   '8f1c9b1e-0000-4000-8000-000000000001'::uuid, 4::oid, null, '{"a": 1}'::json, '{"a": 1}'::jsonb
            """))[0];
        Assert.Equal(
            [
                true, (short)1, 2, 3L, 1.5f, 2.5d, "text", "c  ", "v", "n", new byte[] { 0, 255 },
                Guid.Parse("8f1c9b1e-0000-4000-8000-000000000001"), 4u, null, """{"a": 1}""", """{"a": 1}""",
            ],
            row);
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("0.00", "0.00")]
    [InlineData("1.50", "1.50")]
    [InlineData("-123456.789", "-123456.789")]
    [InlineData("10000", "10000")]
    [InlineData("100000000000000000000", "100000000000000000000")]
    [InlineData("0.0001", "0.0001")]
    [InlineData("0.00001", "0.00001")]
    [InlineData("79228162514264337593543950335", "79228162514264337593543950335")]
    [InlineData("-79228162514264337593543950335", "-79228162514264337593543950335")]
    [InlineData("0.0000000000000000000000000001", "0.0000000000000000000000000001")]
    [InlineData("1.000000000000000000000000000000000", "1.0000000000000000000000000000")]
    public async Task A_numeric_that_fits_is_a_decimal(string number, string expected)
    {
        var value = Assert.IsType<decimal>(await _database.ScalarAsync($"select {number}::numeric"));
        Assert.Equal(expected, value.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_numeric_beyond_decimal_stays_exact()
    {
        var row = (await _database.RowsAsync(
            """
            select 79228162514264337593543950336::numeric, -(10::numeric ^ 60), 1.23456789012345678901234567890123456789::numeric,
                   -0.00000000000000000000000000000000012::numeric, 'NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric
            """))[0];
        Assert.Equal(BigInteger.Parse("79228162514264337593543950336", System.Globalization.CultureInfo.InvariantCulture), row[0]);
        Assert.Equal("-1" + new string('0', 60) + ".0000000000000000", row[1] is BigInteger big ? big.ToString(System.Globalization.CultureInfo.InvariantCulture) + ".0000000000000000" : row[1]);
        Assert.Equal("1.23456789012345678901234567890123456789", row[2]);
        Assert.Equal("-0.00000000000000000000000000000000012", row[3]);
        Assert.Equal([double.NaN, double.PositiveInfinity, double.NegativeInfinity], row[4..]);
    }

    [Fact]
    public async Task Times_come_as_times_and_infinity_as_the_last_and_first_one()
    {
        var row = (await _database.RowsAsync(
            """
            select '2024-02-29'::date, '2024-02-29 12:34:56.789012'::timestamp, '2024-02-29 12:00+02'::timestamptz, '23:59:59.5'::time,
                   'infinity'::timestamptz, '-infinity'::timestamp, 'infinity'::date, '0044-03-15 BC'::date, '0044-03-15 12:00:00.5 BC'::timestamp, '20000-01-02'::date,
                   '294276-12-31 23:59:59'::timestamp
            """))[0];
        Assert.Equal(
            [
                new DateTime(2024, 2, 29), new DateTime(2024, 2, 29, 12, 34, 56).AddTicks(7890120), new DateTime(2024, 2, 29, 10, 0, 0, DateTimeKind.Utc).ToLocalTime(),
                new TimeSpan(0, 23, 59, 59, 500), DateTime.MaxValue, DateTime.MinValue, DateTime.MaxValue, "0044-03-15 BC", "0044-03-15 12:00:00.5 BC",
                "20000-01-02", "294276-12-31 23:59:59",
            ],
            row);
    }

    [Theory]
    [InlineData("2 days 03:04:05.678")]
    [InlineData("-1 days +02:03:00")]
    public async Task An_interval_without_months_is_a_TimeSpan(string interval)
    {
        var seconds = await _database.ScalarAsync($"select extract(epoch from interval '{interval}')::float8");
        Assert.Equal(seconds, Assert.IsType<TimeSpan>(await _database.ScalarAsync($"select interval '{interval}'")).TotalSeconds);
    }

    [Theory]
    [InlineData("1 mon 2 days")]
    [InlineData("1 year 2 mons -3 days +04:05:06.07")]
    [InlineData("-1 years -2 mons +3 days -04:05:06")]
    [InlineData("-5 mons")]
    [InlineData("1 year -10 mons")]
    public async Task An_interval_with_months_is_what_the_server_prints(string interval)
    {
        var printed = await _database.ScalarAsync($"select (interval '{interval}')::text");
        Assert.Equal(printed, await _database.ScalarAsync($"select interval '{interval}'"));
    }

    [Fact]
    public async Task Arrays_come_as_arrays_of_their_elements()
    {
        var row = (await _database.RowsAsync(
            """
            select array[1, 2], array['a', 'b c'], array[1, null], '{}'::int[], array[[1, 2], [3, 4]], array['2024-01-01'::date], array[1.5, 2], array['{"a":1}'::jsonb],
                   array['[1,5)'::int4range, null], array[inet '10.0.0.1'], '[0:1]={7,8}'::int[], array[point '(1,2)', null], array[box '(1,1),(0,0)', box '(2,2),(1,1)']
            """))[0];
        Assert.Equal(new[] { 1, 2 }, row[0]);
        Assert.Equal(new[] { "a", "b c" }, row[1]);
        Assert.Equal(new object?[] { 1, null }, row[2]);
        Assert.Empty(Assert.IsAssignableFrom<Array>(row[3]));
        Assert.Equal([new[] { 1, 2 }, new[] { 3, 4 }], Assert.IsType<object[]>(row[4]));
        Assert.Equal(new[] { new DateTime(2024, 1, 1) }, row[5]);
        Assert.Equal(new[] { 1.5m, 2m }, row[6]);
        Assert.Equal(new[] { """{"a": 1}""" }, row[7]);
        Assert.Equal(new object?[] { "[1,5)", null }, row[8]);
        Assert.Equal(new[] { "10.0.0.1" }, row[9]);
        Assert.Equal(new[] { 7, 8 }, row[10]);
        Assert.Equal(new object?[] { "(1,2)", null }, row[11]);
        Assert.Equal(new[] { "(1,1),(0,0)", "(2,2),(1,1)" }, row[12]);
    }

    [Fact]
    public async Task What_NET_has_no_type_for_comes_as_the_server_prints_it()
    {
        string[] values =
        [
            "int4range(1, 5)", "'{[1,3),[7,9)}'::int4multirange", "tstzrange('2024-01-01', null)", "inet '10.0.0.1'", "inet '10.0.0.1/8'", "cidr '10.0.0.0/8'",
            "inet '::1'", "cidr '2001:db8::/32'", "macaddr '08:00:2b:01:02:03'", "macaddr8 '08:00:2b:01:02:03:04:05'", "b'101'", "b'101'::varbit", "xml '<a/>'",
            "to_tsvector('simple', 'a b')", "to_tsquery('simple', 'a & b')", "point '(1,2)'", "lseg '[(1,2),(3,4)]'", "box '(1,2),(3,4)'", "path '[(1,2),(3,4)]'",
            "polygon '((1,2),(3,4))'", "circle '<(1,2),3>'", "line '{1,2,3}'", "'12.34'::money", "'pg_class'::regclass", "'int4'::regtype", "'now'::regproc",
            "'16/B374D848'::pg_lsn", "'(0,1)'::tid", "'12:00+02'::timetz", "'$.a'::jsonpath", "row(1, 'a b', null)", "'a=r/a'::text", "interval '1 mon'",
            "(select relacl from pg_class where relname = 'pg_class')", "'10:20:10,14,15'::pg_snapshot",
        ];
        foreach (var value in values)
        {
            var rows = await _database.RowsAsync($"select {value}");
            var printed = (await _database.RowsAsync($"select format('%s', {value})"))[0][0];
            var actual = rows[0][0] is Array array ? "{" + string.Join(",", array.Cast<object?>()) + "}" : rows[0][0];
            Assert.Equal(printed, actual);
        }
    }

    [Fact]
    public async Task Types_made_after_the_connection_come_out_too()
    {
        await using var own = await QueryDatabase.CreateAsync();
        await own.ScalarAsync("select 1");
        await own.Test.ExecuteAsync(
            """
            create type mood as enum ('sad', 'ok');
            create domain positive as int check (value > 0);
            create type pair as (a int, b text);
            """);
        var row = (await own.RowsAsync("select 'ok'::mood, array['sad', 'ok']::mood[], 5::positive, (1, 'x y')::pair, array[(1, 'x')::pair]"))[0];
        Assert.Equal("ok", row[0]);
        Assert.Equal(5, row[2]);
        Assert.Equal("(1,\"x y\")", row[3]);
    }

    [Fact]
    public async Task Enums_domains_and_composites_that_were_there_come_out_in_arrays_too()
    {
        await using var own = await QueryDatabase.CreateAsync();
        await own.Test.ExecuteAsync(
            """
            create type mood as enum ('sad', 'ok');
            create domain positive as int check (value > 0);
            create type pair as (a int, b text);
            """);
        await using var later = await Connections.TenantDatabase.OpenAsync(new Connections.ConnectionSettings(own.Test.AdminConnectionString));
        await using var cursor = await TenantQueries.RunAsync(
            later, "acme", Query.Parse("select 'ok'::mood, array['sad', null]::mood[], array[5, 6]::positive[], (1, 'x y')::pair, array[(1, 'x')::pair]", QueryParameters.None), new QueryOptions());
        var row = (await QueryDatabase.ReadAllAsync(cursor))[0];
        Assert.Equal("ok", row[0]);
        Assert.Equal(new object?[] { "sad", null }, row[1]);
        Assert.Equal(new[] { 5, 6 }, row[2]);
        Assert.Equal("(1,\"x y\")", row[3]);
        Assert.Equal(new[] { "(1,x)" }, row[4]);
    }

    [Fact]
    public async Task Void_is_an_empty_text() => Assert.Equal("", await _database.ScalarAsync("select pg_sleep(0)"));

    [Fact]
    public void Names_that_come_twice_get_a_number() =>
        Assert.Equal(["id", "ID_3", "id_2", "?column?", "?column?_2"], ColumnNames.MakeUnique(["id", "ID", "id_2", "?column?", "?column?"]));
}
