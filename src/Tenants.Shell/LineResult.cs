namespace Tenants.Shell;

/// <summary>A line that was typed.</summary>
internal readonly record struct LineResult(LineKind Kind, string Text);
