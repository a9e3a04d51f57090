namespace Tenants.Engine.Connections;

/// <summary>Reads settings from environment variables: the service's own <c>POSTGRES_…</c>, else libpq's <c>PG…</c>.</summary>
internal static class ConnectionEnvironment
{
    // As in the FastAPI template that the scripts sit beside.
    private static readonly (string Variable, string Keyword)[] s_own =
    [
        ("POSTGRES_SERVER", SettingKeyword.Host),
        ("POSTGRES_PORT", SettingKeyword.Port),
        ("POSTGRES_USER", SettingKeyword.Username),
        ("POSTGRES_PASSWORD", SettingKeyword.Password),
        ("POSTGRES_DB", SettingKeyword.Database),
        ("POSTGRES_STATEMENT_TIMEOUT_SECONDS", SettingKeyword.StatementTimeout),
    ];

    // https://www.postgresql.org/docs/current/libpq-envars.html
    private static readonly (string Variable, string Name)[] s_libpq =
    [
        ("PGHOST", "host"),
        ("PGHOSTADDR", "hostaddr"),
        ("PGPORT", "port"),
        ("PGDATABASE", "dbname"),
        ("PGUSER", "user"),
        ("PGPASSWORD", "password"),
        ("PGPASSFILE", "passfile"),
        ("PGOPTIONS", "options"),
        ("PGAPPNAME", "application_name"),
        ("PGSSLMODE", "sslmode"),
        ("PGSSLROOTCERT", "sslrootcert"),
        ("PGSSLCERT", "sslcert"),
        ("PGSSLKEY", "sslkey"),
        ("PGCONNECT_TIMEOUT", "connect_timeout"),
        ("PGCHANNELBINDING", "channel_binding"),
        ("PGREQUIREAUTH", "require_auth"),
        ("PGGSSENCMODE", "gssencmode"),
    ];

    /// <summary>Offers <c>POSTGRES_…</c>.</summary>
    public static void ReadOwn(Func<string, string?> environment, SettingSheet sheet)
    {
        foreach (var (variable, keyword) in s_own)
        {
            sheet.Offer(keyword, environment(variable), variable);
        }
    }

    /// <summary>Offers <c>PG…</c>.</summary>
    public static void ReadLibpq(Func<string, string?> environment, SettingSheet sheet)
    {
        foreach (var (variable, name) in s_libpq)
        {
            SettingKeyword.TryFromLibpq(name, out var keyword);
            sheet.Offer(keyword!, environment(variable), variable);
        }
    }
}
