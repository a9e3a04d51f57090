using System.Text.RegularExpressions;

namespace Tenants.Engine.Migrations.Formats;

/// <summary>Alembic's revisions, each of which names the one before.</summary>
internal static partial class AlembicFolder
{
    /// <summary>The revision that no other follows; null where there is none yet.</summary>
    /// <exception cref="TenantException"><c>MigrationHeadsSeveral</c>, <c>MigrationUnreadable</c>, <c>MigrationExists</c>.</exception>
    public static string? Head(MigrationFolder folder, MigrationName name)
    {
        var revisions = new Dictionary<string, string>(StringComparer.Ordinal);
        var followed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in folder.Names.Where(n => n.EndsWith(".py", StringComparison.Ordinal) && n != "__init__.py"))
        {
            var text = folder.Read(file);
            if (Revision().Match(text) is not { Success: true } revision)
            {
                throw MigrationFolder.Unreadable(folder.In(file), "names no revision (revision = '…')");
            }

            if (DownRevision().Match(text) is not { Success: true } down)
            {
                throw MigrationFolder.Unreadable(folder.In(file), "does not say what it follows (down_revision = '…')");
            }

            if (!revisions.TryAdd(revision.Groups[2].Value, file))
            {
                throw MigrationFolder.Unreadable(folder.In(file), $"has the same revision, {revision.Groups[2].Value}, as {revisions[revision.Groups[2].Value]}");
            }

            followed.UnionWith(Quoted().Matches(down.Groups[1].Value).Select(m => m.Groups[2].Value));
            NumberedFiles.EnsureNew(folder, file, Slug(file, revision.Groups[2].Value), name);
        }

        if (followed.FirstOrDefault(f => !revisions.ContainsKey(f)) is { } missing)
        {
            throw MigrationFolder.Unreadable(folder.Path, $"lacks the revision {missing}, which another one follows");
        }

        string[] heads = [.. revisions.Keys.Where(r => !followed.Contains(r)).Order(StringComparer.Ordinal)];
        return heads.Length switch
        {
            0 when revisions.Count == 0 => null,
            0 => throw MigrationFolder.Unreadable(folder.Path, "has revisions that follow each other in a circle"),
            1 => heads[0],
            _ => throw new TenantException(
                "MigrationHeadsSeveral",
                TenantErrorKind.InvalidState,
                $"The revisions in '{folder.Path}' have several heads: {string.Join(", ", heads)}. Join them first: alembic merge heads.")
            {
                Target = folder.Path,
            },
        };
    }

    private static string Slug(string file, string revision)
    {
        var stem = file[..^3];
        var at = stem.IndexOf(revision + "_", StringComparison.Ordinal);
        return at < 0 ? stem : stem[(at + revision.Length + 1)..];
    }

    [GeneratedRegex(@"^revision\s*(?::[^=\n]+)?=\s*(['""])([^'""\n]+)\1", RegexOptions.Multiline)]
    private static partial Regex Revision();

    [GeneratedRegex(@"^down_revision\s*(?::[^=\n]+)?=\s*(None\b|['""][^'""\n]+['""]|[\(\[][^)\]]*[\)\]])", RegexOptions.Multiline)]
    private static partial Regex DownRevision();

    [GeneratedRegex(@"(['""])([^'""]+)\1")]
    private static partial Regex Quoted();
}
