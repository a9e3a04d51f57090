using System.Text;

namespace Tenants.Engine.Connections;

/// <summary>
/// libpq's password file, with libpq's rules: the first line that fits counts, a backslash keeps the character after it, a line
/// that cannot be read is passed over, and a file that others may read is not used.
/// See https://www.postgresql.org/docs/current/libpq-pgpass.html.
/// </summary>
internal static class PasswordFile
{
    private const UnixFileMode OthersMay =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>The file that counts; null if there is none.</summary>
    public static string? Find(string? named, Func<string, string?> environment)
    {
        if (named is not null)
        {
            return File.Exists(named) ? named : null;
        }

        var home = environment(OperatingSystem.IsWindows() ? "APPDATA" : "HOME");
        if (string.IsNullOrEmpty(home))
        {
            return null;
        }

        var file = OperatingSystem.IsWindows() ? Path.Combine(home, "postgresql", "pgpass.conf") : Path.Combine(home, ".pgpass");
        return File.Exists(file) ? file : null;
    }

    /// <summary>Why the file is not used, or null if it is.</summary>
    public static string? WhyNot(string file) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & OthersMay) != 0
            ? $"The password file {file} is not used, for others may read it: chmod 600 '{file}'."
            : null;

    /// <summary>The password for a login, or null.</summary>
    public static string? FindPassword(string file, string host, int port, string database, string user)
    {
        // A socket counts as this machine.
        var name = host.StartsWith('/') || host.StartsWith('@') ? "localhost" : host;
        string[] wanted = [name, port.ToString(System.Globalization.CultureInfo.InvariantCulture), database, user];
        return File.ReadLines(file)
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(Split)
            .FirstOrDefault(fields => fields.Count == 5 && wanted.Zip(fields).All(f => f.Second == "*" || f.Second == f.First))
            ?[4];
    }

    private static List<string> Split(string line)
    {
        var fields = new List<string>(5);
        var field = new StringBuilder();
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\\' && i + 1 < line.Length)
            {
                field.Append(line[++i]);
            }
            else if (line[i] == ':' && fields.Count < 4)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(line[i]);
            }
        }

        fields.Add(field.ToString());
        return fields;
    }
}
