using System.Text;
using System.Text.RegularExpressions;
using Npgsql;
using Xunit;

namespace Tenants.Engine.Tests.Migrations.Tools;

/// <summary>
/// What Alembic does by its default: all revisions in one transaction, in the order in which they name each other, cut by each
/// autocommit_block. Reads as much of Python as the revisions use.
/// </summary>
internal sealed class AlembicLikeTool : IMigrationTool
{
    public void Begin(string folder) =>
        File.WriteAllText(Path.Combine(folder, "000000000001_first.py"), "revision = '000000000001'\ndown_revision = None\n\ndef upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n");

    public Task UpAsync(string folder, string connectionString) => RunAsync(Revisions(folder).Skip(1), connectionString, isUp: true);

    public Task DownAsync(string folder, string connectionString) => RunAsync(Revisions(folder).Skip(1).Reverse(), connectionString, isUp: false);

    private static async Task RunAsync(IEnumerable<(string Id, string Text)> revisions, string connectionString, bool isUp)
    {
        await using var connection = await SqlScript.OpenAsync(connectionString);
        var applied = await SqlScript.AppliedAsync(connection);
        await SqlScript.RunAsync(connection, "begin");
        foreach (var (id, text) in revisions.Where(r => applied.Contains(r.Id) != isUp))
        {
            await RunAsync(connection, text[text.IndexOf(isUp ? "def upgrade" : "def downgrade", StringComparison.Ordinal)..(isUp ? text.IndexOf("def downgrade", StringComparison.Ordinal) : text.Length)]);
            await SqlScript.RunAsync(connection, isUp ? $"insert into schema_migrations values ('{id}')" : $"delete from schema_migrations where version = '{id}'");
        }

        await SqlScript.RunAsync(connection, "commit");
    }

    private static async Task RunAsync(NpgsqlConnection connection, string body)
    {
        var statement = new Regex("""(?<indent> +)(?:(?<block>with op\.get_context\(\)\.autocommit_block\(\):)|op\.execute\((?<ddl>sa\.DDL\()?\"\"\"(?<sql>(?:[^"\\]|\\.|"(?!""))*)\"\"\"\)?\))""", RegexOptions.Singleline);
        var isOutside = false;
        foreach (Match match in statement.Matches(body))
        {
            if (isOutside && match.Groups["indent"].Length == 4)
            {
                await SqlScript.RunAsync(connection, "begin");
                isOutside = false;
            }

            if (match.Groups["block"].Success)
            {
                await SqlScript.RunAsync(connection, "commit");
                isOutside = true;
                continue;
            }

            var sql = Unescape(match.Groups["sql"].Value);
            if (match.Groups["ddl"].Success)
            {
                sql = sql.Replace("%%", "%", StringComparison.Ordinal);
            }
            else
            {
                // SQLAlchemy would take it for a parameter.
                Assert.DoesNotMatch(@"(?<![:\w\\]):\w", sql);
            }

            await SqlScript.RunAsync(connection, sql);
        }

        if (isOutside)
        {
            await SqlScript.RunAsync(connection, "begin");
        }
    }

    private static List<(string Id, string Text)> Revisions(string folder)
    {
        var all = Directory.GetFiles(folder, "*.py").Select(File.ReadAllText).ToDictionary(
            t => Regex.Match(t, "^down_revision = (?:[\"'](.*)[\"']|None)$", RegexOptions.Multiline).Groups[1].Value);
        var chain = new List<(string, string)>();
        for (var id = ""; all.TryGetValue(id, out var next);)
        {
            id = Regex.Match(next, "^revision = [\"'](.*)[\"']$", RegexOptions.Multiline).Groups[1].Value;
            chain.Add((id, next));
        }

        Assert.Equal(all.Count, chain.Count);
        return chain;
    }

    private static string Unescape(string text)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            plain.Append(text[i] == '\\' ? text[++i] == 'r' ? '\r' : text[i] : text[i]);
        }

        return plain.ToString();
    }
}
