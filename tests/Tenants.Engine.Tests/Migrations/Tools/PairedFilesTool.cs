using Npgsql;

namespace Tenants.Engine.Tests.Migrations.Tools;

/// <summary>golang-migrate, and whoever sends each file whole to the server.</summary>
internal sealed class PairedFilesTool : SqlFilesTool
{
    public override void Begin(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "000001_first.up.sql"), "select 1;\n");
        File.WriteAllText(Path.Combine(folder, "000001_first.down.sql"), "select 1;\n");
    }

    protected override string Pattern(bool isUp) => $@"^(?<version>\d+)_.*\.{(isUp ? "up" : "down")}\.sql$";

    protected override async Task RunAsync(NpgsqlConnection connection, string file, string version, bool isUp) =>
        await SqlScript.RunPlainAsync(connection, await File.ReadAllTextAsync(file), version, isUp);
}
