using System.Diagnostics;
using Npgsql;
using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Policies;

/// <summary>What the policies cost: typical statements under them, and the same with the condition written out and no row security.</summary>
internal abstract class PriceOfPolicies(bool isSkewed) : IMeasurement
{
    // Where a table's name stands in braces, its condition on the tenant is written out for the tables without policies.
    private static readonly (string What, string Sql, int Times)[] s_statements =
    [
        ("point read", "select placed from purchase where {purchase.}id = @id", 200),
        ("index range", "select id, placed from purchase where {purchase.}placed >= '2026-01-02Z' order by placed limit 100", 200),
        ("join of three tables", "select c.name, sum(l.amount) from customer c join purchase p on {p.}p.customer_id = c.id join line l on {l.}l.purchase_id = p.id where {c.}c.id = @customer group by c.name", 100),
        ("aggregate of one tenant", "select count(*), sum(amount) from line where {line.}amount >= 0", 20),
        ("insert of 1,000", "insert into line (tenant, id, purchase_id, amount) select @tenant, 1000000000 + i, 1, i from generate_series(1, 1000) i", 5),
    ];

    /// <inheritdoc/>
    public string Name => isSkewed ? "policies-zipf" : "policies-even";

    /// <inheritdoc/>
    public string What => isSkewed ? "Price of the policies, the largest tenant of a skewed spread (Zipf)" : "Price of the policies, tenants of one size";

    /// <inheritdoc/>
    public string Against => "floor: the same statement with its condition on the tenant written out, on tables without row security";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        await using var world = await ShopWorld.CreateAsync(bench, isSkewed, cancellationToken);
        var id = await world.NumberAsync("select max(id) from purchase", cancellationToken);
        var customer = await world.NumberAsync("select min(id) from customer", cancellationToken);
        var figures = new List<Figure>();
        foreach (var (what, template, times) in s_statements)
        {
            var (scoped, plain) = (Fill(template, isPlain: false), Fill(template, isPlain: true));
            var (ourRows, theirRows) = (0, 0);
            var pairs = await Pairs.RunAsync(
                bench.Pairs * 3,
                () => Run(world.Scoped, scoped, times, out ourRows),
                () => Run(world.Plain, plain, times, out theirRows),
                cancellationToken);
            if (ourRows != theirRows)
            {
                throw new InvalidOperationException($"{what}: {ourRows} rows under the policies, {theirRows} without.");
            }

            figures.Add(Figure.OverFloor(what, pairs, isSkewed ? Goal.None : Goal.AtMost(1.05)));
        }

        return figures;

        double Run(NpgsqlConnection connection, string sql, int count, out int rows)
        {
            // What is inserted is undone; only the statements count.
            using var transaction = connection.BeginTransaction();
            rows = 0;
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < count; i++)
            {
                using var command = new NpgsqlCommand(sql.Replace("1000000000", $"{1_000_000_000 + (i * 1000)}", StringComparison.Ordinal), connection);
                foreach (var (name, value) in new (string, object)[] { ("tenant", world.Tenant), ("id", id), ("customer", customer) })
                {
                    if (sql.Contains('@' + name, StringComparison.Ordinal))
                    {
                        command.Parameters.AddWithValue(name, value);
                    }
                }

                using var reader = command.ExecuteReader();
                while (reader.Read())
                {
                    rows++;
                }

                rows += Math.Max(0, reader.RecordsAffected);
            }

            return clock.Elapsed.TotalSeconds / count;
        }
    }

    private static string Fill(string template, bool isPlain)
    {
        var text = template;
        for (var begin = text.IndexOf('{', StringComparison.Ordinal); begin >= 0; begin = text.IndexOf('{', StringComparison.Ordinal))
        {
            var end = text.IndexOf('}', begin);
            text = $"{text[..begin]}{(isPlain ? $"{text[(begin + 1)..end]}tenant = @tenant and " : "")}{text[(end + 1)..]}";
        }

        return text;
    }
}
