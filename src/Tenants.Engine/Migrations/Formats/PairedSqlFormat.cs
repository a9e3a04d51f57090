using System.Text.RegularExpressions;

namespace Tenants.Engine.Migrations.Formats;

/// <summary>
/// Pairs of <c>number_name.up.sql</c> and <c>.down.sql</c>: those of golang-migrate, and plain ones for psql. Each file is sent whole and
/// the tool begins no transaction, so it does that itself; CREATE INDEX CONCURRENTLY is alone in its file, for the server runs a text of
/// several statements as one transaction.
/// </summary>
/// <param name="first">The number in an empty folder.</param>
internal sealed partial class PairedSqlFormat(string first) : IMigrationFormat
{
    /// <inheritdoc/>
    public IReadOnlyList<MigrationFile> Write(MigrationFolder folder, MigrationName name, IReadOnlyList<MigrationUnit> units, DateTimeOffset now)
    {
        var numbers = VersionNumbers.Next(NumberedFiles.Read(folder, FileName(), name), first, units.Count, now);
        return [.. units.SelectMany((unit, i) => new[]
        {
            new MigrationFile(folder.In($"{numbers[i]}_{name.Of(i, units)}.up.sql"), Text(name, i, units, isDown: false)),
            new MigrationFile(folder.In($"{numbers[i]}_{name.Of(i, units)}.down.sql"), Text(name, i, units, isDown: true)),
        })];
    }

    private static string Text(MigrationName name, int index, IReadOnlyList<MigrationUnit> units, bool isDown)
    {
        var unit = units[index];
        var statements = isDown ? unit.Down : unit.Up;
        var header = SqlText.Comments(SqlText.Header(name, index, units, isDown));
        return statements.Count == 0
            ? $"{header}-- There is nothing to undo.\nselect 1;\n"
            : header + SqlText.Statements(unit.InTransaction ? SqlText.InOwnTransaction(unit, statements) : statements);
    }

    [GeneratedRegex("^(?<number>[0-9]+)[_-](?<name>.*?)(\\.(up|down))?\\.sql\\z")]
    private static partial Regex FileName();
}
