using Npgsql;

namespace Tenants.Engine.Connections;

/// <summary>Where and as whom to connect. Holds the password, so it is never written anywhere.</summary>
public sealed class ConnectionSettings
{
    /// <summary>The limit for a statement unless told otherwise.</summary>
    public static readonly TimeSpan DefaultStatementTimeout = TimeSpan.FromSeconds(120);

    /// <summary>Takes settings as a connection string of Npgsql's form.</summary>
    /// <param name="connectionString">The connection string.</param>
    public ConnectionSettings(string connectionString)
        : this(new NpgsqlConnectionStringBuilder(connectionString))
    {
    }

    internal ConnectionSettings(NpgsqlConnectionStringBuilder builder) => Builder = builder;

    /// <summary>The schema in which unqualified names are looked up.</summary>
    public string Schema { get; init; } = "public";

    /// <summary>How long a statement may run on the server; zero for no limit. Unless given, <see cref="DefaultStatementTimeout"/>.</summary>
    public TimeSpan? StatementTimeout { get; init; }

    /// <summary>What tenants' sessions must be safe against. Never less is given; where it cannot be, connecting or the first call fails.</summary>
    public TenantTrust Trust { get; init; }

    /// <summary>A server that lacks security fixes will do where sealed trust is demanded.</summary>
    public bool AllowOutdatedServer { get; init; }

    /// <summary>The login that tenants' SQL runs as, made once for a service; null where the module makes its own, or scopes the admin's.</summary>
    public AppLogin? App { get; init; }

    /// <summary>False if only an app login is given: then nothing but tenants' SQL runs.</summary>
    public bool HasAdmin { get; init; } = true;

    /// <summary>The server that the admin's connections go to, where tenants' SQL goes through a pooler; null for the same.</summary>
    public string? AdminServer { get; init; }

    /// <summary>The port of <see cref="AdminServer"/>; null for the same.</summary>
    public int? AdminPort { get; init; }

    /// <summary>For how long it holds that logins made in the database are fit, once one was looked at.</summary>
    internal TimeSpan JudgementLife { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How far TLS is demanded of <see cref="AdminServer"/>, where that differs; null for the same.</summary>
    internal TenantSslMode? AdminSslMode { get; init; }

    /// <summary>What the user should hear about these settings, once.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    internal NpgsqlConnectionStringBuilder Builder { get; }

    /// <summary>The server that tenants' SQL goes to.</summary>
    internal string Server => Builder.Host ?? "";

    /// <summary>Its port.</summary>
    internal int Port => Builder.Port;

    /// <summary>The connection string of the admin's data source.</summary>
    internal string ToDataSourceString()
    {
        var builder = Compose();
        builder.Host = AdminServer ?? builder.Host;
        builder.Port = AdminPort ?? builder.Port;
        builder.SslMode = AdminSslMode is { } mode ? Enum.Parse<SslMode>(mode.ToString()) : builder.SslMode;
        return builder.ConnectionString;
    }

    /// <summary>The connection string of another login's data source, which brings its password itself.</summary>
    /// <param name="login">The login.</param>
    /// <param name="isPooled">Connections are kept for the next call.</param>
    /// <param name="isBehindPooler">A pooler that takes no startup options stands between.</param>
    internal string ToDataSourceString(string login, bool isPooled, bool isBehindPooler = false)
    {
        var builder = Compose();
        builder.Username = login;
        builder.Password = null;

        // Npgsql takes one source of passwords: with a provider it reads no file.
        builder.Passfile = null;
        builder.Pooling = isPooled;
        if (isBehindPooler)
        {
            builder.Options = null;
        }

        return builder.ConnectionString;
    }

    // With all that the module needs and forbids.
    private NpgsqlConnectionStringBuilder Compose()
    {
        var builder = new NpgsqlConnectionStringBuilder(Builder.ConnectionString)
        {
            ApplicationName = string.IsNullOrEmpty(Builder.ApplicationName) ? ModuleName : $"{ModuleName} {Builder.ApplicationName}",

            // Npgsql's own limit would cut the reading of a long result; the server's limit is the one that counts.
            CommandTimeout = 0,

            // A prepared statement that outlives a tenant's transaction could be redefined by that tenant.
            MaxAutoPrepare = 0,
            Multiplexing = false,

            // Connections are cleaned when they are given back, not when they are next used.
            NoResetOnClose = true,
            Enlist = false,
            PersistSecurityInfo = false,

            // Errors leave out what quotes rows by themselves.
            IncludeErrorDetail = true,
            SearchPath = null,
            Options = StartupOptions.Compose(Schema, StatementTimeout, Builder.Options),
        };

        // Trying Kerberos first costs a round trip, and noise where its library is missing.
        if (!Builder.ConnectionString.Contains("GSS Encryption Mode", StringComparison.OrdinalIgnoreCase))
        {
            builder.GssEncryptionMode = GssEncryptionMode.Disable;
        }

        return builder;
    }

    private static string ModuleName { get; } =
        $"Tenants/{typeof(ConnectionSettings).Assembly.GetName().Version?.ToString(3)}";
}
