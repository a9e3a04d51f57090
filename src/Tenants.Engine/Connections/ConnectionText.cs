using System.Data.Common;
using System.Text;

namespace Tenants.Engine.Connections;

/// <summary>Reads a connection string: Npgsql's form (<c>Host=…;Database=…</c>), libpq's (<c>host=… dbname=…</c>) or a URI.</summary>
internal static class ConnectionText
{
    private const string Source = "the connection string";

    /// <summary>Offers what the text says.</summary>
    /// <exception cref="TenantException"><c>InvalidSetting</c>: it cannot be read. The text is not quoted, for it may hold a password.</exception>
    public static void Read(string text, SettingSheet sheet)
    {
        if (ConnectionUri.IsUri(text))
        {
            ConnectionUri.Read(text, sheet);
            return;
        }

        if (ReadLibpq(text) is { } pairs)
        {
            foreach (var (name, value) in pairs)
            {
                SettingKeyword.TryFromLibpq(name, out var keyword);
                Offer(sheet, keyword, value, name);
            }

            return;
        }

        ReadNpgsql(text, sheet);
    }

    private static void ReadNpgsql(string text, SettingSheet sheet)
    {
        var parts = new DbConnectionStringBuilder();
        try
        {
            parts.ConnectionString = text;
        }
        catch (ArgumentException)
        {
            throw SettingSheet.Invalid(
                Source,
                "cannot be read. Write Host=server;Database=name;Username=login;Password='it may hold ; and = in quotes', or a URI postgresql://login@server/name");
        }

        foreach (string name in parts.Keys)
        {
            if (!SettingKeyword.TryFind(name, out var keyword))
            {
                throw SettingSheet.Invalid(Source, "has a keyword that is not known: the " + OrdinalOf(parts, name) + ". Neither Npgsql nor libpq has it");
            }

            Offer(sheet, keyword, (string)parts[name], name);
        }
    }

    private static void Offer(SettingSheet sheet, string? keyword, string value, string name)
    {
        if (keyword is not null)
        {
            sheet.Offer(keyword, value, $"'{name}' in {Source}");
        }
    }

    // A keyword that is not known is not quoted: a password that holds ; or = without quotes ends up as one.
    private static string OrdinalOf(DbConnectionStringBuilder parts, string name) =>
        (parts.Keys.Cast<string>().ToList().IndexOf(name) + 1) switch
        {
            1 => "first",
            2 => "second",
            3 => "third",
            var n => $"{n}th",
        };

    /// <summary>
    /// The pairs of libpq's form, or null if it is not that: pairs parted by spaces, a value with spaces in single quotes, a
    /// backslash before a quote or a backslash. See PostgreSQL's documentation, 34.1.1.1.
    /// </summary>
    private static List<(string Name, string Value)>? ReadLibpq(string text)
    {
        var pairs = new List<(string, string)>();
        var at = 0;
        while (true)
        {
            SkipSpace(text, ref at);
            if (at == text.Length)
            {
                return pairs;
            }

            var equals = text.IndexOf('=', at);
            if (equals < 0)
            {
                return null;
            }

            var name = text[at..equals].Trim();
            at = equals + 1;
            SkipSpace(text, ref at);
            if (!SettingKeyword.TryFromLibpq(name, out _) || ReadValue(text, ref at) is not { } value)
            {
                return null;
            }

            pairs.Add((name, value));
        }
    }

    private static string? ReadValue(string text, ref int at)
    {
        var value = new StringBuilder();
        var quoted = at < text.Length && text[at] == '\'';
        at += quoted ? 1 : 0;
        for (; at < text.Length; at++)
        {
            var c = text[at];
            if (quoted && c == '\'')
            {
                at++;
                return at == text.Length || char.IsWhiteSpace(text[at]) ? value.ToString() : null;
            }

            if (!quoted && char.IsWhiteSpace(c))
            {
                return value.ToString();
            }

            // Npgsql's form parts its pairs here.
            if (!quoted && c == ';')
            {
                return null;
            }

            if (c == '\\' && at + 1 < text.Length)
            {
                c = text[++at];
            }

            value.Append(c);
        }

        return quoted ? null : value.ToString();
    }

    private static void SkipSpace(string text, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }
    }
}
