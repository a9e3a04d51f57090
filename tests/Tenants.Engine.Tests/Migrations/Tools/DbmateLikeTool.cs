using System.Text.RegularExpressions;
using Npgsql;
using Xunit;

namespace Tenants.Engine.Tests.Migrations.Tools;

/// <summary>What dbmate does: two blocks in a file, each in a transaction unless its line says otherwise.</summary>
internal sealed class DbmateLikeTool : SqlFilesTool
{
    public override void Begin(string folder) =>
        File.WriteAllText(Path.Combine(folder, "20200101000000_first.sql"), "-- migrate:up\n\n-- migrate:down\n");

    protected override string Pattern(bool isUp) => @"^(?<version>\d+).*\.sql$";

    protected override async Task RunAsync(NpgsqlConnection connection, string file, string version, bool isUp)
    {
        var text = await File.ReadAllTextAsync(file);
        var up = Regex.Match(text, @"^--\s*migrate:up(\s*$|\s+\S+)", RegexOptions.Multiline);
        var down = Regex.Match(text, @"^--\s*migrate:down(\s*$|\s+\S+)", RegexOptions.Multiline);
        Assert.True(up.Success && down.Success && up.Index < down.Index);
        Assert.All(text[..up.Index].Split('\n'), line => Assert.True(line.Trim().Length == 0 || line.StartsWith("--", StringComparison.Ordinal)));
        var block = isUp ? text[up.Index..down.Index] : text[down.Index..];
        await (block.Split('\n')[0].Contains("transaction:false", StringComparison.Ordinal)
            ? SqlScript.RunPlainAsync(connection, block, version, isUp)
            : SqlScript.RunInTransactionAsync(connection, block, version, isUp));
    }
}
