namespace Tenants.Engine.Migrations;

/// <summary>What migration is asked for.</summary>
/// <param name="Name">Its name: letters, digits, <c>_</c>, <c>-</c>; spaces become <c>_</c>.</param>
/// <param name="Format">The tool.</param>
/// <param name="Folder">The folder that the tool reads.</param>
public sealed record MigrationRequest(string Name, TenantMigrationFormat Format, string Folder);
