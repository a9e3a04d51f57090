namespace Tenants.Engine.Sandbox;

/// <summary>How far the start of a sandbox has come.</summary>
/// <param name="Status">What is being done, for a person to read.</param>
/// <param name="PercentComplete">How much of it is done, 0 to 100; <see langword="null"/> where that is not known.</param>
public sealed record SandboxProgress(string Status, int? PercentComplete = null);
