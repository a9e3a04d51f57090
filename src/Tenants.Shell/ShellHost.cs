using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace Tenants.Shell;

/// <summary>The host that PowerShell's engine talks to.</summary>
internal sealed class ShellHost : PSHost
{
    public override string Name => "Tenants.Shell";

    public override Version Version { get; } = typeof(ShellHost).Assembly.GetName().Version ?? new Version(0, 0);

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI => ShellUI;

    public override CultureInfo CurrentCulture { get; } = CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture { get; } = CultureInfo.CurrentUICulture;

    /// <summary>The same as <see cref="UI"/>, by its own type.</summary>
    public ShellHostUI ShellUI { get; } = new();

    /// <summary>Whether a script said <c>exit</c>.</summary>
    public bool ShouldExit { get; private set; }

    /// <summary>What it said.</summary>
    public int ExitCode { get; private set; }

    public override void SetShouldExit(int exitCode)
    {
        ShouldExit = true;
        ExitCode = exitCode;
    }

    public override void EnterNestedPrompt() =>
        throw new PSNotSupportedException("Tenants.Shell has no nested prompt: there is no debugger in it.");

    public override void ExitNestedPrompt() => throw new PSNotSupportedException("Tenants.Shell has no nested prompt.");

    public override void NotifyBeginApplication() => ShellUI.EndProgress();

    public override void NotifyEndApplication()
    {
    }
}
