namespace Tenants.Engine.Sandbox;

/// <summary>How a program ended, and what it wrote to both its streams.</summary>
internal sealed record CommandResult(int ExitCode, string Output)
{
    public bool Succeeded => ExitCode == 0;
}
