using System.Text.RegularExpressions;

namespace Tenants.Engine.Migrations.Formats;

/// <summary>
/// dbmate: one file for both ways. dbmate begins and ends the transaction; with <c>transaction:false</c> it sends the whole block as it
/// is, so that CREATE INDEX CONCURRENTLY has a file of its own.
/// </summary>
internal sealed partial class DbmateFormat : IMigrationFormat
{
    /// <inheritdoc/>
    public IReadOnlyList<MigrationFile> Write(MigrationFolder folder, MigrationName name, IReadOnlyList<MigrationUnit> units, DateTimeOffset now)
    {
        var numbers = VersionNumbers.Next(NumberedFiles.Read(folder, FileName(), name), VersionNumbers.Timestamp, units.Count, now);
        return [.. units.Select((unit, i) => new MigrationFile(folder.In($"{numbers[i]}_{name.Of(i, units)}.sql"), Text(name, i, units)))];
    }

    private static string Text(MigrationName name, int index, IReadOnlyList<MigrationUnit> units)
    {
        var unit = units[index];
        var option = unit.InTransaction ? "" : " transaction:false";
        string Block(IReadOnlyList<MigrationStatement> statements) =>
            SqlText.Statements(unit.InTransaction ? SqlText.InToolsTransaction(unit, statements) : statements);
        return $"{SqlText.Comments(SqlText.Header(name, index, units))}\n-- migrate:up{option}\n{Block(unit.Up)}\n-- migrate:down{option}\n{Block(unit.Down)}";
    }

    [GeneratedRegex("^(?<number>[0-9]+)_?(?<name>.*)\\.sql\\z")]
    private static partial Regex FileName();
}
