using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Tenants.Engine.Migrations.Formats;

/// <summary>
/// Alembic: each revision a transaction. Unless env.py says otherwise Alembic runs all of them in one, so each ends the one before;
/// CREATE INDEX CONCURRENTLY stands in an autocommit_block.
/// </summary>
internal sealed partial class AlembicFormat : IMigrationFormat
{
    /// <inheritdoc/>
    public MigrationFolder Home(MigrationFolder folder) => AlembicVersions.Find(folder);

    /// <inheritdoc/>
    public IReadOnlyList<MigrationFile> Write(MigrationFolder folder, MigrationName name, IReadOnlyList<MigrationUnit> units, DateTimeOffset now)
    {
        var before = AlembicFolder.Head(folder, name);
        var files = new List<MigrationFile>();
        for (var i = 0; i < units.Count; i++)
        {
            var revision = RandomNumberGenerator.GetHexString(12, lowercase: true);
            files.Add(new MigrationFile(folder.In($"{revision}_{name.Of(i, units).Replace('-', '_')}.py"), Text(name, i, units, revision, before, now)));
            before = revision;
        }

        return files;
    }

    private static string Text(MigrationName name, int index, IReadOnlyList<MigrationUnit> units, string revision, string? before, DateTimeOffset now)
    {
        var unit = units[index];
        var (up, down) = (Body(unit, unit.Up, units.Count > 1), Body(unit, unit.Down, units.Count > 1));
        var import = up.Contains("sa.DDL(", StringComparison.Ordinal) || down.Contains("sa.DDL(", StringComparison.Ordinal) ? "import sqlalchemy as sa\n" : "";
        return $"""
            {Literal(string.Join("\n\n", SqlText.Header(name, index, units)) + $"\n\nRevision ID: {revision}\nRevises: {before}\nCreate Date: {now.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}\n")}
            from alembic import op
            {import}

            # revision identifiers, used by Alembic.
            revision = "{revision}"
            down_revision = {(before is null ? "None" : $"\"{before}\"")}
            branch_labels = None
            depends_on = None


            def upgrade() -> None:
            {up}

            def downgrade() -> None:
            {down}
            """.ReplaceLineEndings("\n");
    }

    private static string Body(MigrationUnit unit, IReadOnlyList<MigrationStatement> statements, bool isOneOfSeveral)
    {
        if (statements.Count == 0)
        {
            return "    pass\n";
        }

        var text = new StringBuilder();
        var margin = "    ";
        if (!unit.InTransaction)
        {
            text.Append("    with op.get_context().autocommit_block():\n");
            margin += "    ";
        }
        else if (isOneOfSeveral)
        {
            text.Append("    # A transaction of its own, whatever env.py says: ends the one before, so that no lock outlives its step.\n");
            text.Append("    with op.get_context().autocommit_block():\n        pass\n\n");
        }

        foreach (var call in unit.InTransaction ? SqlText.InToolsTransaction(unit, statements) : statements)
        {
            if (call.Purpose.Length > 0)
            {
                text.Append(margin).Append("# ").Append(call.Purpose).Append('\n');
            }

            // A plain text is read for ":name"; DDL is not, but for "%".
            text.Append(margin).Append("op.execute(").Append(LooksBound().IsMatch(call.Sql)
                ? $"sa.DDL({Literal(call.Sql.Replace("%", "%%", StringComparison.Ordinal))})"
                : Literal(call.Sql)).Append(")\n");
        }

        return text.ToString();
    }

    private static string Literal(string text)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"\"\"", "\\\"\\\"\\\"", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\0", "", StringComparison.Ordinal);
        if (escaped.EndsWith('"'))
        {
            escaped = string.Concat(escaped.AsSpan(0, escaped.Length - 1), "\\\"");
        }

        return $"\"\"\"{escaped}\"\"\"";
    }

    [GeneratedRegex(@"(?<![:]):\w|\\:")]
    private static partial Regex LooksBound();
}
