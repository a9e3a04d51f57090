namespace Tenants.Engine.Migrations;

/// <summary>One statement of a migration.</summary>
/// <param name="Purpose">Why it is there, on one line.</param>
/// <param name="Sql">The statement, without a semicolon at its end.</param>
internal sealed record MigrationStatement(string Purpose, string Sql);
