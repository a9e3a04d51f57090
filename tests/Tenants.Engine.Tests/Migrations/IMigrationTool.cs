namespace Tenants.Engine.Tests.Migrations;

/// <summary>A migration tool, or what does as it does.</summary>
internal interface IMigrationTool
{
    /// <summary>Applies all migrations of a folder that were not applied.</summary>
    Task UpAsync(string folder, string connectionString);

    /// <summary>Takes back all of them but the first.</summary>
    Task DownAsync(string folder, string connectionString);

    /// <summary>Puts a first migration into a folder, which changes nothing.</summary>
    void Begin(string folder);
}
