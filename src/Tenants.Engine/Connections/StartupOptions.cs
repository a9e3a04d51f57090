using System.Globalization;
using System.Text;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Connections;

/// <summary>
/// Settings that a connection begins with. As startup options they survive DISCARD ALL, and win over what a login altered for itself.
/// </summary>
internal static class StartupOptions
{
    /// <summary>The options, as the server splits them. What stands later wins.</summary>
    /// <param name="schema">The schema in which unqualified names are looked up first.</param>
    /// <param name="statementTimeout">The limit for a statement; null where nobody named one.</param>
    /// <param name="others">What the user gave: it wins over a default, not over what the module needs.</param>
    public static string Compose(string schema, TimeSpan? statementTimeout, string? others)
    {
        string?[] options =
        [
            Setting("statement_timeout", Milliseconds(ConnectionSettings.DefaultStatementTimeout)),
            others,
            statementTimeout is { } limit ? Setting("statement_timeout", Milliseconds(limit)) : null,
            Setting("search_path", SearchPath(schema)),
            Setting("standard_conforming_strings", "on"),

            // A login may set it for itself, and one that is not there ends every connection.
            Setting("local_preload_libraries", ""),
            Setting("DateStyle", "ISO"),
            Setting("IntervalStyle", "postgres"),
        ];
        return string.Join(' ', options.Where(o => !string.IsNullOrWhiteSpace(o)));
    }

    /// <summary>The search path for a default schema.</summary>
    /// <exception cref="TenantException"><c>InvalidSetting</c>: PostgreSQL reads <c>$user</c> as the schema named like the login, quoted or not.</exception>
    internal static string SearchPath(string schema) => schema switch
    {
        "public" => "public",
        "$user" => throw SettingSheet.Invalid("-Schema", "is $user, which a search path never takes for a schema's name. Write the schema's name out"),
        _ => $"{Quote.Identifier(schema)}, public",
    };

    private static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    // The server splits at white space that no backslash escapes (pg_split_opts).
    private static string Setting(string name, string value)
    {
        var text = new StringBuilder($"-c {name}=");
        foreach (var c in value)
        {
            if (c is '\\' or ' ' or '\t' or '\n' or '\r' or '\f' or '\v')
            {
                text.Append('\\');
            }

            text.Append(c);
        }

        return text.ToString();
    }
}
