using System.Text.RegularExpressions;

namespace Tenants.Engine.Migrations.Formats;

/// <summary>A folder whose files begin with a number.</summary>
internal static class NumberedFiles
{
    /// <summary>The numbers of the files that a pattern finds; what it does not find is none of the tool's.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="pattern">A pattern with the groups <c>number</c> and <c>name</c>.</param>
    /// <param name="name">The migration's name: no file may have it.</param>
    /// <exception cref="TenantException"><c>MigrationExists</c>, <c>MigrationUnreadable</c>.</exception>
    public static IReadOnlyList<string> Read(MigrationFolder folder, Regex pattern, MigrationName name)
    {
        var numbers = new List<string>();
        foreach (var file in folder.Names)
        {
            if (pattern.Match(file) is not { Success: true } match)
            {
                continue;
            }

            if (!VersionNumbers.IsNumber(match.Groups["number"].Value))
            {
                throw MigrationFolder.Unreadable(folder.In(file), "begins with a number that is too long to count on from");
            }

            EnsureNew(folder, file, match.Groups["name"].Value, name);
            numbers.Add(match.Groups["number"].Value);
        }

        return numbers;
    }

    /// <summary>Fails where a file is this migration already, or one of its parts.</summary>
    /// <exception cref="TenantException"><c>MigrationExists</c>.</exception>
    public static void EnsureNew(MigrationFolder folder, string file, string standing, MigrationName name)
    {
        if (Regex.IsMatch(standing, $"^{Regex.Escape(name.Text)}(_[0-9]{{2,3}}_[a-z_]+)?\\z", RegexOptions.IgnoreCase))
        {
            throw MigrationFolder.Exists(folder.In(file));
        }
    }
}
