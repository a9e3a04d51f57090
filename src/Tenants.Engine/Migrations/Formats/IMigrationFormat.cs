namespace Tenants.Engine.Migrations.Formats;

/// <summary>How one tool wants its migrations written.</summary>
internal interface IMigrationFormat
{
    /// <summary>The folder in which the migrations themselves lie.</summary>
    /// <param name="folder">The folder that was named.</param>
    /// <exception cref="TenantException"><c>MigrationFolderNotFound</c>.</exception>
    MigrationFolder Home(MigrationFolder folder) => folder;

    /// <summary>The files, in the order in which the tool takes them.</summary>
    /// <param name="folder">Where they lie: the new ones go after what it has.</param>
    /// <param name="name">The migration's name.</param>
    /// <param name="units">What each of them does.</param>
    /// <param name="now">The time, for tools that number by it.</param>
    IReadOnlyList<MigrationFile> Write(MigrationFolder folder, MigrationName name, IReadOnlyList<MigrationUnit> units, DateTimeOffset now);
}
