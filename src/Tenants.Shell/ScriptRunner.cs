using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Tenants.Shell;

/// <summary>Runs scripts and text as <c>pwsh</c> does: output to the screen, errors to the error stream, an exit code at the end.</summary>
internal sealed class ScriptRunner(Runspace runspace, ShellHost host, Interrupt interrupt)
{
    private const int Interrupted = 130;

    /// <summary>What the process returns unless a script said <c>exit n</c>: 0; 1 after an error that nobody caught; 130 after Ctrl+C.</summary>
    public int ExitCode { get; private set; }

    /// <summary>Runs a script file in the session's global scope.</summary>
    /// <param name="path">The file.</param>
    /// <param name="arguments">Its arguments, as they stood on the command line.</param>
    /// <param name="exitEndsHost">Whether its <c>exit</c> ends the process, or only the script.</param>
    public void RunFile(string path, IEnumerable<string> arguments, bool exitEndsHost)
    {
        var command = new Command(path, isScript: false, useLocalScope: false);
        foreach (var argument in ScriptArguments.Parse(arguments))
        {
            command.Parameters.Add(argument);
        }

        if (exitEndsHost)
        {
            ExitInScript.EndsTheHost(runspace);
        }

        Run(command);
    }

    /// <summary>Runs text in the session's global scope.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addToHistory">Whether Get-History will list it.</param>
    public void RunText(string text, bool addToHistory = false) => Run(new Command(text, isScript: true, useLocalScope: false), addToHistory);

    /// <summary>Runs text and gives what comes out, for the host's own needs.</summary>
    public IReadOnlyList<PSObject> Evaluate(string text)
    {
        using var pipeline = PowerShell.Create(runspace);
        return pipeline.AddScript(text, useLocalScope: true).Invoke();
    }

    private void Run(Command command, bool addToHistory = false)
    {
        using var pipeline = PowerShell.Create(runspace);
        pipeline.Commands.AddCommand(command);
        command.MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.AddCommand("Out-Default");
        using var _ = interrupt.Watch(pipeline);
        try
        {
            pipeline.Invoke(null, new PSInvocationSettings { AddToHistory = addToHistory });
            ExitCode = interrupt.WasPressed ? Interrupted : 0;
        }
        catch (PipelineStoppedException)
        {
            ExitCode = Interrupted;
        }
        catch (RuntimeException exception)
        {
            ExitCode = 1;
            Report(exception.ErrorRecord);
        }
        finally
        {
            host.ShellUI.EndProgress();
        }
    }

    // The engine's own view of an error: message and position. It does not know that this one belongs on the error stream.
    private void Report(ErrorRecord error)
    {
        using var pipeline = PowerShell.Create(runspace);
        using var _ = host.ShellUI.WriteToErrorStream();
        try
        {
            pipeline.AddCommand("Out-Default").AddParameter("InputObject", error).Invoke();
        }
        catch (RuntimeException)
        {
            host.UI.WriteErrorLine($"{error.Exception.Message}{Environment.NewLine}{error.InvocationInfo?.PositionMessage}");
        }
    }
}
