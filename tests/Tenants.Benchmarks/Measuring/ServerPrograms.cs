using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Tenants.Benchmarks.Measuring;

/// <summary>PostgreSQL's own client programs.</summary>
internal static class ServerPrograms
{
    /// <summary>Makes a program ready to start, as a login on a database, with its output kept.</summary>
    /// <param name="name">The program: psql or pgbench.</param>
    /// <param name="binaries">The folder with the server's programs, where it is looked for first.</param>
    /// <param name="connectionString">As whom it works.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="TenantException"><c>ProgramNotFound</c>.</exception>
    public static ProcessStartInfo Prepare(string name, string binaries, string connectionString, IEnumerable<string> arguments)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        return new ProcessStartInfo(Find(name, binaries), arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            Environment =
            {
                ["PGHOST"] = settings.Host,
                ["PGPORT"] = settings.Port.ToString(CultureInfo.InvariantCulture),
                ["PGUSER"] = settings.Username,
                ["PGPASSWORD"] = settings.Password,
                ["PGDATABASE"] = settings.Database,
            },
        };
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="TenantException"><c>ProgramFailed</c>, <c>ProgramNotFound</c>.</exception>
    public static async Task<string> RunAsync(string name, string binaries, string connectionString, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(Prepare(name, binaries, connectionString, arguments))!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0 ? output : throw new TenantException("ProgramFailed", TenantErrorKind.Server, $"{name} failed: {(await errors).Trim()}");
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    private static string Find(string name, string binaries)
    {
        var installed = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")) : [];
        return new[] { binaries }
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            .Concat(installed.OrderDescending())
            .Select(d => Path.Combine(d, name))
            .FirstOrDefault(File.Exists)
            ?? throw new TenantException("ProgramNotFound", TenantErrorKind.NotFound, $"There is no {name} on this machine. It comes with PostgreSQL's packages (Debian: apt-get install postgresql-contrib); put its folder on the PATH. On Windows this measurement does not run.");
    }
}
