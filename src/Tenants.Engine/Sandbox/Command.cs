using System.Diagnostics;
using System.Text;

namespace Tenants.Engine.Sandbox;

/// <summary>Runs PostgreSQL's programs: without a terminal, without the caller's libpq settings, as the user who may.</summary>
internal static class Command
{
    /// <summary>Runs a program to its end.</summary>
    /// <param name="file">The program's full path.</param>
    /// <param name="arguments">Its arguments, unquoted.</param>
    /// <param name="user">The user to run it as; <see langword="null"/>: this process's own.</param>
    /// <param name="capture">Whether its output is read. Not where a server would inherit the pipe and keep it open.</param>
    /// <param name="cancellationToken">Kills it.</param>
    public static async Task<CommandResult> RunAsync(
        string file, IEnumerable<string> arguments, UnprivilegedUser? user, bool capture, CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = CreateStartInfo(file, arguments, user) };
        process.StartInfo.RedirectStandardOutput = capture;
        process.StartInfo.RedirectStandardError = capture;
        var output = new StringBuilder();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(output, line.Data);

        cancellationToken.ThrowIfCancellationRequested();
        process.Start();
        process.StandardInput.Close();
        if (capture)
        {
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        try
        {
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        lock (output)
        {
            return new CommandResult(process.ExitCode, output.ToString().TrimEnd());
        }
    }

    private static ProcessStartInfo CreateStartInfo(string file, IEnumerable<string> arguments, UnprivilegedUser? user)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            CreateNoWindow = true,
            UseShellExecute = false,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetDirectoryName(file),
        };

        if (user is not null)
        {
            start.UserName = user.Name;
        }

        // PGDATA, PGPORT, PGOPTIONS and the like are the caller's, and would steer a server that is not.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        // Messages that we read; and macOS wants a valid locale, or the server calls itself multithreaded and stops.
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    private static void Append(StringBuilder output, string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (output)
        {
            output.AppendLine(line);
        }
    }
}
