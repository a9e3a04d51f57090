using System.Management.Automation.Language;
using System.Text;

namespace Tenants.Shell;

/// <summary>Runs what is piped in, statement by statement: each as soon as its last line is there.</summary>
internal sealed class PipedInput(ScriptRunner runner, ShellHost host)
{
    public void Run(TextReader input)
    {
        var text = new StringBuilder();
        while (!host.ShouldExit && input.ReadLine() is { } line)
        {
            text.AppendLine(line);
            if (!IsIncomplete(text.ToString()))
            {
                RunPending(text);
            }
        }

        if (!host.ShouldExit)
        {
            RunPending(text);
        }
    }

    /// <summary>Whether text stops in the middle of a statement: an open brace, a string, a pipe at its end.</summary>
    public static bool IsIncomplete(string text)
    {
        Parser.ParseInput(text, out _, out var errors);
        return errors.Any(error => error.IncompleteInput);
    }

    private void RunPending(StringBuilder text)
    {
        if (!string.IsNullOrWhiteSpace(text.ToString()))
        {
            runner.RunText(text.ToString());
        }

        text.Clear();
    }
}
