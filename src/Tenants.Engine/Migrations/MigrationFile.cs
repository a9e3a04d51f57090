namespace Tenants.Engine.Migrations;

/// <summary>A file that a migration tool reads.</summary>
/// <param name="Path">Where it is to lie.</param>
/// <param name="Text">What is in it.</param>
public sealed record MigrationFile(string Path, string Text);
