namespace Tenants.Engine.Migrations;

/// <summary>A migration that is not written yet.</summary>
/// <param name="Files">The files, in the order in which the tool takes them; none where nothing is missing.</param>
/// <param name="Warnings">What the user should hear: what makes the result less tight than it looks, and who will see less.</param>
public sealed record MigrationDraft(IReadOnlyList<MigrationFile> Files, IReadOnlyList<string> Warnings)
{
    /// <summary>True where nothing is missing.</summary>
    public bool IsEmpty => Files.Count == 0;

    /// <summary>Writes the files: all of them, or none.</summary>
    /// <exception cref="TenantException"><c>MigrationExists</c>, <c>MigrationFolderNotUsable</c>.</exception>
    public void Write() => MigrationFolder.Write(Files);
}
