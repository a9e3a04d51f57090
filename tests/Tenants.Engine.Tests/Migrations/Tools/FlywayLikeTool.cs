using Npgsql;
using Xunit;

namespace Tenants.Engine.Tests.Migrations.Tools;

/// <summary>What Flyway does: a transaction for each file, unless the file beside it says otherwise; placeholders are its own.</summary>
internal sealed class FlywayLikeTool : SqlFilesTool
{
    public override void Begin(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "V1__first.sql"), "select 1;\n");
        File.WriteAllText(Path.Combine(folder, "U1__first.sql"), "select 1;\n");
    }

    protected override string Pattern(bool isUp) => $@"^{(isUp ? 'V' : 'U')}(?<version>\d+)__.*\.sql$";

    protected override async Task RunAsync(NpgsqlConnection connection, string file, string version, bool isUp)
    {
        var text = await File.ReadAllTextAsync(file);
        var settings = File.Exists(file + ".conf") ? await File.ReadAllLinesAsync(file + ".conf") : [];
        if (text.Contains("${", StringComparison.Ordinal))
        {
            Assert.Contains("placeholderReplacement=false", settings);
        }

        await (settings.Contains("executeInTransaction=false")
            ? SqlScript.RunPlainAsync(connection, text, version, isUp)
            : SqlScript.RunInTransactionAsync(connection, text, version, isUp));
    }
}
