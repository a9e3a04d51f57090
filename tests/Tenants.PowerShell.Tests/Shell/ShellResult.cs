namespace Tenants.PowerShell.Tests.Shell;

/// <summary>How a run of the shell ended, and what it wrote.</summary>
internal sealed record ShellResult(int ExitCode, string Output, string Errors);
