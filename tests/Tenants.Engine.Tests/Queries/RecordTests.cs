using System.Numerics;
using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Records;
using Tenants.Engine.Queries.Results;
using Xunit;

namespace Tenants.Engine.Tests.Queries;

/// <summary>Rows come as objects of a class that has their columns as properties.</summary>
public sealed class RecordTests(SharedQueryDatabase shared) : IClassFixture<SharedQueryDatabase>
{
    private readonly QueryDatabase _database = shared.Database;

    [Fact]
    public async Task A_property_has_the_type_of_its_column_where_every_value_fits_that()
    {
        var row = (await RecordsAsync(
            """
            select true as a, 1::int2 as b, 2 as c, 3::int8 as d, 1.5::float4 as e, 2.5::float8 as f, '8f1c9b1e-0000-4000-8000-000000000001'::uuid as g,
                   4::oid as h, '5'::xid as i, '6'::xid8 as j, '01:02'::time as k, 't' as l, 1.5 as m, date '2024-02-29' as n, interval '1 day' as o
            """))[0];
        Assert.Equal(
            [
                ("a", typeof(bool?)), ("b", typeof(short?)), ("c", typeof(int?)), ("d", typeof(long?)), ("e", typeof(float?)), ("f", typeof(double?)), ("g", typeof(Guid?)),
                ("h", typeof(uint?)), ("i", typeof(uint?)), ("j", typeof(ulong?)), ("k", typeof(TimeSpan?)), ("l", typeof(object)), ("m", typeof(object)), ("n", typeof(object)), ("o", typeof(object)),
            ],
            row.GetType().GetProperties().Select(p => (p.Name, p.PropertyType)));
        Assert.Equal(
            [
                true, (short)1, 2, 3L, 1.5f, 2.5d, Guid.Parse("8f1c9b1e-0000-4000-8000-000000000001"), 4u, 5u, 6ul, new TimeSpan(1, 2, 0), "t", 1.5m,
                new DateTime(2024, 2, 29), TimeSpan.FromDays(1),
            ],
            Values(row));
    }

    [Fact]
    public async Task A_record_has_the_values_that_the_row_has()
    {
        const string Sql = """
            select true as a, 1::int2, 2, 3::int8, 1.5::float4, 2.5::float8, 'text', 'c'::char(3), 'v'::varchar, 'n'::name, '\x00ff'::bytea, '{"a": 1}'::jsonb,
                   '8f1c9b1e-0000-4000-8000-000000000001'::uuid, 4::oid, array[1, 2], inet '10.0.0.1', '23:59:59.5'::time, point '(1,2)', array[point '(1,2)'],
                   1.50, 'NaN'::numeric, 10::numeric ^ 60, 79228162514264337593543950336::numeric, repeat('1', 200)::numeric, 1.23456789012345678901234567890123456789,
                   date '2024-02-29', date '0044-03-15 BC', timestamp '294276-12-31 23:59:59', timestamp '2024-02-29 12:34:56.789012',
                   timestamptz 'infinity', timestamptz '2024-02-29 12:00+02', timestamptz '20000-01-02 03:04:05+00', interval '1 mon 2 days', interval '2 days 03:04:05.678'
            union all
            select null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
                   null, null, null, null, null, null, null
            """;
        var rows = await _database.RowsAsync(Sql);
        var records = await RecordsAsync(Sql);
        Assert.Equal(rows[0], Values(records[0]));
        Assert.All(Values(records[1]), Assert.Null);
        Assert.Same(records[0].GetType(), records[1].GetType());
    }

    [Fact]
    public async Task What_does_not_fit_the_type_of_the_rule_comes_all_the_same()
    {
        var values = Values((await RecordsAsync("select 'NaN'::numeric, repeat('1', 200)::numeric, 1.1::numeric / 3::numeric ^ 60, date '0044-03-15 BC', interval '1 mon'"))[0]);
        Assert.Equal(double.NaN, values[0]);
        Assert.Equal(BigInteger.Parse(new string('1', 200), System.Globalization.CultureInfo.InvariantCulture), values[1]);
        Assert.IsType<string>(values[2]);
        Assert.Equal(["0044-03-15 BC", "1 mon"], values[3..]);
    }

    [Fact]
    public async Task A_property_takes_what_it_is_given()
    {
        var row = (await RecordsAsync("select 1 as i, 't' as t, 1.5 as n"))[0];
        Set("i", 5);
        Set("t", null);
        Set("n", "a text");
        Assert.Equal([5, null, "a text"], Values(row));
        Set("i", null);
        Set("n", 2.5m);
        Assert.Equal([null, null, 2.5m], Values(row));

        void Set(string name, object? value) => row.GetType().GetProperty(name)!.SetValue(row, value);
    }

    [Fact]
    public async Task Results_of_one_shape_share_a_class_and_others_do_not()
    {
        var one = (await RecordsAsync("select 1 as a, 't' as b"))[0].GetType();
        Assert.Same(one, (await RecordsAsync("select 2 as a, 'u'::varchar as b"))[0].GetType());
        Assert.NotSame(one, (await RecordsAsync("select 2 as \"A\", 'u' as b"))[0].GetType());
        Assert.NotSame(one, (await RecordsAsync("select 2::int8 as a, 'u' as b"))[0].GetType());
        Assert.NotSame(one, (await RecordsAsync("select 1 as a, 't' as b", "acme"))[0].GetType());
    }

    [Fact]
    public async Task The_tenant_comes_first_where_it_is_told()
    {
        var row = (await RecordsAsync("select 'x' as tenant, 1 as \"Tenant_2\", 2, 3 as id, 4 as \"ID\"", "acme"))[0];
        Assert.Equal(["Tenant", "tenant_3", "Tenant_2", "?column?", "id", "ID_2"], row.GetType().GetProperties().Select(p => p.Name));
        Assert.Equal(["acme", "x", 1, 2, 3, 4], Values(row));
    }

    [Theory]
    [InlineData("select 1 as \" \", 2 as \"a'b\"\"c;--\", 3 as \"ä€𝄞\", 4 as \"f0\", 5 as \"tenant\", 6 as \"value__\", 7 as \".ctor\", 8 as \"Item\"")]
    [InlineData("select 1 as \"ÄÖÜäöü€abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuv\", 2 as \"get_\", 3 as \"get_y\"")]
    public async Task A_column_may_have_any_name(string sql)
    {
        await using var cursor = await OpenAsync(sql);
        await cursor.NextResultAsync();
        var names = cursor.Columns.Select(c => c.Name).ToList();
        Assert.Equal(names, (await RecordsAsync(sql))[0].GetType().GetProperties().Select(p => p.Name));
    }

    [Theory]
    [InlineData("ToString")]
    [InlineData("gethashcode")]
    [InlineData("GetType")]
    [InlineData("PSObject")]
    [InlineData("get_X")]
    public async Task Columns_named_as_methods_are_have_no_class(string name)
    {
        await using var cursor = await OpenAsync($"select 1 as \"{name}\", 2 as x");
        await cursor.NextResultAsync();
        Assert.Null(cursor.GetRecords(null));
    }

    [Fact]
    public async Task Sixteen_hundred_columns_are_a_record_too()
    {
        var sql = $"select {string.Join(", ", Enumerable.Range(0, 1600).Select(i => $"{i} as c{i}"))}";
        Assert.Equal(Enumerable.Range(0, 1600).Cast<object?>(), Values((await RecordsAsync(sql))[0]));
    }

    [Fact]
    public async Task A_row_can_be_had_both_ways()
    {
        await using var cursor = await OpenAsync("select i, i * 1.5 as n from generate_series(1, 3) i");
        await cursor.NextResultAsync();
        var records = cursor.GetRecords(null)!;
        for (var i = 1; await cursor.ReadAsync(); i++)
        {
            var row = cursor.Row;
            Assert.Equal([i, i * 1.5m], row);
            Assert.Same(row, cursor.Row);
            Assert.Equal(row, Values(records.Read()));
        }

        Assert.Equal([3, 4.5m], cursor.Row);
    }

    [Fact]
    public void There_is_a_bound_to_the_classes()
    {
        var classes = new RecordClasses(maxClasses: 3, maxProperties: 100);
        var kind = ColumnKind.Exact(FieldReaders.Int32);
        Assert.NotNull(classes.Find(Shape("a")));
        Assert.Null(classes.Find(Shape([.. Enumerable.Range(0, 100).Select(i => $"c{i}")])));
        Assert.NotNull(classes.Find(Shape("b")));
        Assert.NotNull(classes.Find(Shape("c")));
        Assert.Null(classes.Find(Shape("d")));
        Assert.NotNull(classes.Find(Shape("a")));

        RecordShape Shape(params string[] names) => new(names, [.. names.Select(_ => kind)], hasTenant: false);
    }

    private async Task<List<TenantRow>> RecordsAsync(string sql, string? tenant = null)
    {
        await using var cursor = await OpenAsync(sql);
        var rows = new List<TenantRow>();
        while (await cursor.NextResultAsync())
        {
            var records = cursor.GetRecords(tenant)!;
            while (await cursor.ReadAsync())
            {
                rows.Add(records.Read());
            }
        }

        return rows;
    }

    private ValueTask<QueryCursor> OpenAsync(string sql) => TenantQueries.RunAsync(
        _database.Database, "acme", Query.Parse(sql, QueryParameters.None), new QueryOptions(), TestContext.Current.CancellationToken);

    private static object?[] Values(TenantRow row) => [.. row.GetType().GetProperties().Select(p => p.GetValue(row))];
}
