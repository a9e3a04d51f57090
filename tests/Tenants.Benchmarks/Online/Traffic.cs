using System.Diagnostics;
using System.Globalization;
using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Online;

/// <summary>Traffic by PostgreSQL's own pgbench: reads and writes of single rows, until it is told to stop.</summary>
internal sealed class Traffic : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;
    private readonly string _prefix;
    private readonly Task<string> _errors;

    private Traffic(Process process, string folder, string prefix)
    {
        _process = process;
        _folder = folder;
        _prefix = prefix;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts it.</summary>
    /// <param name="binaries">The folder with the server's programs, where pgbench is looked for first.</param>
    /// <param name="connectionString">As whom it works.</param>
    /// <param name="folder">Where its scripts and logs are kept.</param>
    /// <param name="table">The table that it works on.</param>
    /// <param name="options">How much of it.</param>
    public static Traffic Start(string binaries, string connectionString, string folder, string table, OnlineOptions options)
    {
        var range = options.Rows.ToString(CultureInfo.InvariantCulture);
        var read = Write(folder, table + "-read.sql", $"\\set id random(1, {range})\nselect amount from {table} where id = :id;\n");
        var write = Write(folder, table + "-write.sql", $"\\set id random(1, {range})\nupdate {table} set amount = amount + 1 where id = :id;\n");
        string[] rate = options.Rate > 0 ? ["-R", options.Rate.ToString(CultureInfo.InvariantCulture)] : [];
        string[] arguments =
        [
            "-n", "-M", "prepared", "-c", options.Clients.ToString(CultureInfo.InvariantCulture), "-j", "1", "-T", "86400", .. rate,
            "-f", read + "@2", "-f", write + "@1", "-l", "--log-prefix", Path.Combine(folder, table),
        ];
        return new Traffic(Process.Start(ServerPrograms.Prepare("pgbench", binaries, connectionString, arguments))!, folder, table);
    }

    /// <summary>Stops it after the transactions on their way, and reads its log.</summary>
    /// <exception cref="TenantException"><c>TrafficFailed</c>: it had ended before, for one of its transactions failed.</exception>
    public async Task<TransactionLog> StopAsync()
    {
        var hadEnded = _process.HasExited;
        if (!hadEnded)
        {
            // What its own clock would send at the end of its time: it writes its log whole.
            using var signal = Process.Start("kill", ["-ALRM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await signal.WaitForExitAsync();
            await _process.WaitForExitAsync();
        }

        var errors = await _errors;
        return hadEnded || errors.Contains("aborted", StringComparison.Ordinal)
            ? throw new TenantException("TrafficFailed", TenantErrorKind.Server, $"pgbench did not go through to the end: {errors.Trim()}")
            : TransactionLog.Read(_folder, _prefix);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static string Write(string folder, string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
