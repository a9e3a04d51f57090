using System.Text;

namespace Tenants.Engine.Connections;

/// <summary>
/// Reads a URI as libpq does: <c>postgresql://user:password@host:port/database?sslmode=require</c>. By hand, for what .NET calls a
/// URI knows neither several hosts nor the folder of a socket.
/// </summary>
internal static class ConnectionUri
{
    private static readonly string[] s_schemes = ["postgresql://", "postgres://"];

    /// <summary>True for what begins as such a URI.</summary>
    public static bool IsUri(string text) => s_schemes.Any(s => text.TrimStart().StartsWith(s, StringComparison.OrdinalIgnoreCase));

    /// <summary>Offers what the URI says.</summary>
    /// <exception cref="TenantException"><c>InvalidSetting</c>. The URI is not quoted, for it may hold a password.</exception>
    public static void Read(string text, SettingSheet sheet)
    {
        var rest = text.Trim();
        rest = rest[(rest.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var query = Cut(ref rest, '?', last: false);
        var database = Cut(ref rest, '/', last: false);
        if (database?.Contains('@', StringComparison.Ordinal) == true && !rest.Contains('@', StringComparison.Ordinal))
        {
            throw Invalid("has a / before its @. In a password write / as %2F, @ as %40, : as %3A and ? as %3F");
        }

        var hosts = Cut(ref rest, '@', last: true);
        if (hosts is null)
        {
            (hosts, rest) = (rest, "");
        }

        var password = Cut(ref rest, ':', last: false);
        Offer(sheet, SettingKeyword.Username, rest, "user");
        Offer(sheet, SettingKeyword.Password, password, "password");
        Offer(sheet, SettingKeyword.Database, database, "database");
        ReadHosts(hosts, sheet);
        ReadQuery(query, sheet);
    }

    private static void ReadHosts(string hosts, SettingSheet sheet)
    {
        var all = hosts.Split(',');
        if (all.Length > 1)
        {
            // Npgsql takes several in this very form.
            Offer(sheet, SettingKeyword.Host, hosts, "host");
            return;
        }

        string host = hosts;
        string? port;
        if (host.StartsWith('['))
        {
            var end = host.IndexOf(']', StringComparison.Ordinal);
            if (end < 0)
            {
                throw Invalid("has a [ without its ]");
            }

            var after = host[(end + 1)..];
            port = after.StartsWith(':') ? after[1..] : after.Length == 0 ? null : throw Invalid("has something between ] and the port");
            host = host[1..end];
        }
        else
        {
            port = Cut(ref host, ':', last: true);
        }

        Offer(sheet, SettingKeyword.Host, host, "host");
        Offer(sheet, SettingKeyword.Port, port, "port");
    }

    private static void ReadQuery(string? query, SettingSheet sheet)
    {
        foreach (var pair in (query ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = pair;
            var value = Cut(ref name, '=', last: false) ?? throw Invalid("has a parameter without a value");
            name = Decode(name);

            // JDBC's way to say it.
            if (name == "ssl" && value == "true")
            {
                (name, value) = ("sslmode", "require");
            }

            if (!SettingKeyword.TryFromLibpq(name, out var keyword))
            {
                throw Invalid($"has a parameter '{name}' that libpq does not know");
            }

            if (keyword is not null)
            {
                Offer(sheet, keyword, value, name);
            }
        }
    }

    private static void Offer(SettingSheet sheet, string keyword, string? encoded, string name) =>
        sheet.Offer(keyword, encoded is null ? null : Decode(encoded), $"'{name}' in the URI");

    // What follows the mark, which is cut off; null if there is none.
    private static string? Cut(ref string text, char mark, bool last)
    {
        var at = last ? text.LastIndexOf(mark) : text.IndexOf(mark, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        var after = text[(at + 1)..];
        text = text[..at];
        return after;
    }

    private static string Decode(string text)
    {
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                var length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(i, length)));
                i += length - 1;
                continue;
            }

            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]) || text.AsSpan(i + 1, 2) is "00")
            {
                throw Invalid("has a % that no two hexadecimal digits follow, or %00. Write a percent sign as %25");
            }

            bytes.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
            i += 2;
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static TenantException Invalid(string reason) => new(
        "InvalidSetting",
        TenantErrorKind.InvalidArgument,
        $"The connection URI {reason}. Its form is postgresql://user:password@host:port/database?sslmode=verify-full.");
}
