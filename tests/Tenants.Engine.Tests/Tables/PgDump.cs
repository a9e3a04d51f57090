using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Xunit;

namespace Tenants.Engine.Tests.Tables;

/// <summary>PostgreSQL's own backup tool, where this machine has it.</summary>
internal static class PgDump
{
    /// <summary>Runs it; skips the test where no pg_dump is new enough for the server.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string connectionString, int serverMajor, params string[] arguments)
    {
        var program = Find(serverMajor);
        if (program is null)
        {
            Assert.Skip($"No pg_dump of version {serverMajor} or later is installed.");
        }

        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PGHOST"] = settings.Host;
        start.Environment["PGPORT"] = settings.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = settings.Username;
        start.Environment["PGPASSWORD"] = settings.Password;
        start.Environment["PGDATABASE"] = settings.Database;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    private static string? Find(int serverMajor)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Concat(Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")) : []);
        return folders.Where(f => f.Length > 0)
            .Select(f => Path.Combine(f, OperatingSystem.IsWindows() ? "pg_dump.exe" : "pg_dump"))
            .FirstOrDefault(p => File.Exists(p) && Major(p) >= serverMajor);
    }

    private static int Major(string program)
    {
        using var process = Process.Start(new ProcessStartInfo(program, "--version") { RedirectStandardOutput = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return int.TryParse(text.Split(' ').FirstOrDefault(w => w.Length > 0 && char.IsAsciiDigit(w[0]))?.Split('.')[0], out var major) ? major : 0;
    }
}
