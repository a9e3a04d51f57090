using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace Tenants.Shell;

/// <summary>What the engine writes to the screen and asks the person in front of it.</summary>
internal sealed class ShellHostUI : PSHostUserInterface
{
    private readonly ProgressLine _progress = new();
    private bool _writesToErrorStream;

    public override PSHostRawUserInterface RawUI { get; } = new ShellRawUI();

    public override bool SupportsVirtualTerminal => Terminal.HasColour;

    public override void Write(string value)
    {
        EndProgress();
        Console.Out.Write(GetOutputString(value, SupportsVirtualTerminal));
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        Write(Terminal.HasColour ? Terminal.Paint(value, foregroundColor, backgroundColor) : value);

    public override void WriteLine(string value)
    {
        if (_writesToErrorStream)
        {
            WriteErrorLine(value);
            return;
        }

        EndProgress();
        Console.Out.WriteLine(GetOutputString(value, SupportsVirtualTerminal));
    }

    public override void WriteLine(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        WriteLine(Terminal.HasColour ? Terminal.Paint(value, foregroundColor, backgroundColor) : value);

    public override void WriteErrorLine(string value)
    {
        EndProgress();
        var isPainted = value.Contains('\u001b', StringComparison.Ordinal);
        Console.Error.WriteLine(Terminal.ErrorHasColour && !isPainted ? Terminal.Paint(value, ConsoleColor.Red) : GetOutputString(value, Terminal.ErrorHasColour));
    }

    public override void WriteWarningLine(string message) => WriteLabelled("WARNING", message, ConsoleColor.Yellow);

    public override void WriteVerboseLine(string message) => WriteLabelled("VERBOSE", message, ConsoleColor.Cyan);

    public override void WriteDebugLine(string message) => WriteLabelled("DEBUG", message, ConsoleColor.Magenta);

    public override void WriteProgress(long sourceId, ProgressRecord record) => _progress.Show(record);

    /// <summary>Sends whole lines to the error stream until the result is disposed.</summary>
    public IDisposable WriteToErrorStream()
    {
        _writesToErrorStream = true;
        return new Restore(this);
    }

    /// <summary>Takes the progress line away.</summary>
    public void EndProgress() => _progress.Clear();

    public override string ReadLine() => Questions.ReadLine("");

    public override SecureString ReadLineAsSecureString() => Questions.ReadSecret("");

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        WriteHeading(caption, message);
        return descriptions.ToDictionary(field => field.Name, field => Questions.ReadField(field));
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        WriteHeading(caption, message);
        return Questions.ReadChoice(choices, defaultChoice, $"{caption} {message}".Trim());
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options)
    {
        WriteHeading(caption, message);
        var name = string.IsNullOrEmpty(userName) ? Questions.ReadLine("User: ") : userName;
        return new PSCredential(name, Questions.ReadSecret($"Password for user {name}: "));
    }

    private void WriteHeading(string caption, string message)
    {
        foreach (var line in new[] { caption, message }.Where(line => !string.IsNullOrEmpty(line)))
        {
            WriteLine(line);
        }
    }

    private void WriteLabelled(string label, string message, ConsoleColor colour) =>
        WriteLine(colour, RawUI.BackgroundColor, $"{label}: {message}");

    private sealed class Restore(ShellHostUI owner) : IDisposable
    {
        public void Dispose() => owner._writesToErrorStream = false;
    }
}
