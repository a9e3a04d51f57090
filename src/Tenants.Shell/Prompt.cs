using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Tenants.Shell;

/// <summary>The interactive prompt: reads, runs, and reads again until <c>exit</c> or Ctrl+D.</summary>
internal sealed class Prompt(ScriptRunner runner, ShellHost host, Runspace runspace)
{
    private const string Continuation = ">> ";

    private readonly List<string> _history = [];

    public void Run()
    {
        while (!host.ShouldExit && ReadStatement() is { } text)
        {
            if (!string.IsNullOrWhiteSpace(text))
            {
                runner.RunText(text, addToHistory: true);
            }
        }
    }

    // Lines until they make a whole statement. Null: no more input.
    private string? ReadStatement()
    {
        var text = "";
        while (true)
        {
            var line = ReadLine(text.Length == 0 ? PromptText() : Continuation);
            if (line.Kind == LineKind.EndOfInput)
            {
                return null;
            }

            if (line.Kind == LineKind.Cancelled)
            {
                return "";
            }

            Remember(line.Text);
            text = text.Length == 0 ? line.Text : text + "\n" + line.Text;

            // An empty line runs what is there, for then the engine can say what is wrong with it.
            if (line.Text.Length == 0 || !PipedInput.IsIncomplete(text))
            {
                return text;
            }
        }
    }

    private LineResult ReadLine(string prompt)
    {
        if (Terminal.CanEdit)
        {
            return new LineEditor(_history, Complete).Read(prompt);
        }

        Console.Write(prompt);
        return Console.ReadLine() is { } line ? new LineResult(LineKind.Entered, line) : new LineResult(LineKind.EndOfInput, "");
    }

    private Completion? Complete(string text, int cursor)
    {
        using var pipeline = PowerShell.Create(runspace);
        try
        {
            return Completion.Find(pipeline, text, cursor);
        }
        catch (RuntimeException)
        {
            // A completer that fails is no reason to lose the line.
            return null;
        }
    }

    private string PromptText()
    {
        try
        {
            return string.Concat(runner.Evaluate("prompt"));
        }
        catch (RuntimeException)
        {
            return "PS> ";
        }
    }

    private void Remember(string line)
    {
        if (line.Length > 0 && (_history.Count == 0 || _history[^1] != line))
        {
            _history.Add(line);
        }
    }
}
