using System.Text;

namespace Tenants.Engine.Sandbox;

/// <summary>How a sandbox's server is set up: quick to start, reached from this machine alone, and not made to survive a power cut.</summary>
internal static class ClusterSettings
{
    private static readonly (string Name, string Value)[] Defaults =
    [
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("full_page_writes", "off"),
        ("max_connections", "200"),
        ("password_encryption", "scram-sha-256"),
    ];

    /// <summary>A configuration file over the one that initdb makes: the last line of a name wins.</summary>
    /// <param name="dataDirectory">The cluster's data folder.</param>
    /// <param name="further">Settings to add, or to put in the place of ours.</param>
    public static string Compose(string dataDirectory, IReadOnlyDictionary<string, string> further)
    {
        var lines = new StringBuilder();
        var original = Path.Combine(dataDirectory, "postgresql.conf").Replace('\\', '/');
        lines.Append("include '").Append(Quoted(original)).AppendLine("'");
        foreach (var (name, value) in Defaults.Concat(further.Select(setting => (setting.Key, setting.Value))))
        {
            lines.Append(name).Append(" = '").Append(Quoted(value)).AppendLine("'");
        }

        return lines.ToString();
    }

    /// <summary>initdb's locale arguments, best first: one that knows UTF-8 and sorts by code point, else the C that is always there.</summary>
    /// <param name="version">The server's version; from 17 on it brings a C.UTF-8 of its own.</param>
    public static IEnumerable<string[]> Locales(Version version)
    {
        if (!OperatingSystem.IsWindows())
        {
            yield return ["--locale=C.UTF-8"];
        }

        if (version.Major >= 17)
        {
            yield return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
        }

        yield return ["--locale=C"];
    }

    private static string Quoted(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal);
}
