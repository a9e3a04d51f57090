using Npgsql;

namespace Tenants.Engine.Connections;

/// <summary>The names of settings: Npgsql's keywords, and what libpq calls them.</summary>
internal static class SettingKeyword
{
    public const string Host = "Host";
    public const string Port = "Port";
    public const string Database = "Database";
    public const string Username = "Username";
    public const string Password = "Password";
    public const string Passfile = "Passfile";
    public const string SslMode = "SSL Mode";
    public const string RootCertificate = "Root Certificate";
    public const string Timeout = "Timeout";
    public const string CommandTimeout = "Command Timeout";
    public const string Options = "Options";
    public const string ApplicationName = "Application Name";
    public const string SearchPath = "Search Path";

    /// <summary>No keyword of Npgsql: the limit on the server, in seconds.</summary>
    public const string StatementTimeout = "Statement Timeout";

    /// <summary>No keyword of Npgsql: an entry of libpq's service file.</summary>
    public const string Service = "Service";

    // https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS; null for what changes nothing here.
    private static readonly Dictionary<string, string?> s_libpq = new(StringComparer.OrdinalIgnoreCase)
    {
        ["host"] = Host,
        ["hostaddr"] = Host,
        ["port"] = Port,
        ["dbname"] = Database,
        ["user"] = Username,
        ["password"] = Password,
        ["passfile"] = Passfile,
        ["require_auth"] = "Require Auth",
        ["channel_binding"] = "Channel Binding",
        ["connect_timeout"] = Timeout,
        ["application_name"] = ApplicationName,
        ["options"] = Options,
        ["sslmode"] = SslMode,
        ["sslnegotiation"] = "SSL Negotiation",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password",
        ["sslrootcert"] = RootCertificate,
        ["gssencmode"] = "GSS Encryption Mode",
        ["krbsrvname"] = "Kerberos Service Name",
        ["target_session_attrs"] = "Target Session Attributes",
        ["service"] = Service,
        ["client_encoding"] = null,
        ["fallback_application_name"] = null,
        ["keepalives"] = null,
        ["keepalives_idle"] = null,
        ["keepalives_interval"] = null,
        ["keepalives_count"] = null,
        ["tcp_user_timeout"] = null,
        ["load_balance_hosts"] = null,
        ["sslcompression"] = null,
        ["sslsni"] = null,
    };

    // Of Npgsql's synonyms, those that two sources may both name.
    private static readonly Dictionary<string, string> s_synonyms = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Server"] = Host,
        ["DB"] = Database,
        ["User Name"] = Username,
        ["UserId"] = Username,
        ["User Id"] = Username,
        ["UID"] = Username,
        ["PSW"] = Password,
        ["PWD"] = Password,
        ["RootCertificate"] = RootCertificate,
        ["CommandTimeout"] = CommandTimeout,
        ["ApplicationName"] = ApplicationName,
        ["SearchPath"] = SearchPath,
        ["StatementTimeout"] = StatementTimeout,
        ["Statement Timeout"] = StatementTimeout,
    };

    private static readonly NpgsqlConnectionStringBuilder s_known = [];

    /// <summary>True if libpq knows the keyword; <paramref name="keyword"/> is Npgsql's, or null if it changes nothing here.</summary>
    public static bool TryFromLibpq(string name, out string? keyword) => s_libpq.TryGetValue(name, out keyword);

    /// <summary>Npgsql's keyword for a name of Npgsql's own or of libpq's; false if neither knows it.</summary>
    public static bool TryFind(string name, out string? keyword)
    {
        name = name.Trim();
        if (TryFromLibpq(name, out keyword))
        {
            return true;
        }

        keyword = s_synonyms.GetValueOrDefault(name, name);
        return keyword == StatementTimeout || s_known.ContainsKey(keyword);
    }
}
