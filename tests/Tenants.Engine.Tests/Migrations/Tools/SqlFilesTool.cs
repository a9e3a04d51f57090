using System.Text.RegularExpressions;
using Npgsql;
using Xunit;

namespace Tenants.Engine.Tests.Migrations.Tools;

/// <summary>What runs a folder of files in SQL, in the order of their versions.</summary>
internal abstract class SqlFilesTool : IMigrationTool
{
    public abstract void Begin(string folder);

    public async Task UpAsync(string folder, string connectionString)
    {
        await using var connection = await SqlScript.OpenAsync(connectionString);
        var applied = await SqlScript.AppliedAsync(connection);
        foreach (var (version, file) in Files(folder, isUp: true).Where(f => !applied.Contains(f.Version)))
        {
            await RunAsync(connection, file, version, isUp: true);
        }
    }

    public async Task DownAsync(string folder, string connectionString)
    {
        await using var connection = await SqlScript.OpenAsync(connectionString);
        foreach (var (version, file) in Files(folder, isUp: false).AsEnumerable().Reverse().SkipLast(1))
        {
            await RunAsync(connection, file, version, isUp: false);
        }
    }

    /// <summary>A pattern of a file's name with the group <c>version</c>.</summary>
    protected abstract string Pattern(bool isUp);

    protected abstract Task RunAsync(NpgsqlConnection connection, string file, string version, bool isUp);

    private (string Version, string File)[] Files(string folder, bool isUp)
    {
        (string Version, string File)[] files = [.. Directory.GetFiles(folder)
            .Select(f => (Regex.Match(Path.GetFileName(f), Pattern(isUp)).Groups["version"].Value, f))
            .Where(f => f.Value.Length > 0)
            .OrderBy(f => ulong.Parse(f.Value, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(files.Length, files.Select(f => f.Version).Distinct().Count());
        return files;
    }
}
