using System.Data;
using System.Globalization;
using System.Text;
using Npgsql;
using Tenants.Engine.Queries.Text;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Queries;

/// <summary>The splitter and the server are of one mind about where a statement ends.</summary>
public sealed class SplitterAgainstServerTests
{
    private static readonly string[] s_values =
    [
        "'a;b'", "'it''s;'", @"'\'", @"E'\';'", @"E'\\'", "$$;'$$", "$x$ ; $$ ; $x$", "$x1$;$x2$;$x1$", "\"a;\"\"b\"", "U&'\\0041;'", "1", "1.5e-3", ".5", "- 1", "+1",
        "'a'\n';'", "'a' --;\n ';'", "b'1'", "n';'", "array[1]", "(1)", "2*-1", "2/*;*/+1", "1 -- ;\n", "/*;/*;*/;*/1", "2!=-1", "a$$b", "é", "\"e\"", "x';'",
    ];

    private static readonly string[] s_gaps = [" ", "\n", "\t", "/**/", "/*;*/", "--;\n", "\r\n", " /* -- */ ", "--/*\n", "\f"];

    [Fact]
    public async Task Scripts_put_together_at_random_are_split_alike()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var connection = await database.Admin.OpenConnectionAsync(TestContext.Current.CancellationToken);
        const int Seed = 20240229;
#pragma warning disable CA5394 // No secret hangs on it, and a failure must come again.
        var random = new Random(Seed);
        var several = 0;
        for (var i = 0; i < 2000; i++)
        {
            var sql = new StringBuilder();
            for (var statements = random.Next(1, 3); statements > 0; statements--)
            {
                sql.Append("select").Append(Gap(random));
                sql.AppendJoin("," + Gap(random), Enumerable.Range(0, random.Next(1, 4)).Select(_ => s_values[random.Next(s_values.Length)] + Gap(random)));
                sql.Append(statements > 1 ? ";" : "");
            }

            var text = sql.ToString();
            if (await ServerSeesSeveralAsync(connection, text) is { } seen)
            {
                several += seen ? 1 : 0;
                Assert.True(seen == StatementSplitter.Split(text).Count > 1, string.Create(CultureInfo.InvariantCulture, $"Script {i}: {text}"));
            }
        }

        Assert.InRange(several, 100, 1900);
#pragma warning restore CA5394
    }

#pragma warning disable CA5394
    private static string Gap(Random random) => s_gaps[random.Next(s_gaps.Length)];
#pragma warning restore CA5394

    /// <summary>Whether the server finds several statements; null where it cannot read the text at all.</summary>
    private static async Task<bool?> ServerSeesSeveralAsync(NpgsqlConnection connection, string sql)
    {
        // With a parameter, the driver hands the text on as it is.
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new NpgsqlParameter<int> { TypedValue = 1 } } };
        try
        {
            await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SchemaOnly);
            return false;
        }
        catch (PostgresException e)
        {
            return e.Routine == "exec_parse_message" ? true : e.SqlState == "42601" ? null : false;
        }
    }
}
