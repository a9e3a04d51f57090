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

    /// <summary>What the user should hear about these settings, once.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    internal NpgsqlConnectionStringBuilder Builder { get; }

    /// <summary>The connection string that the data source is built from, with all that the module needs and forbids.</summary>
    internal string ToDataSourceString()
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

        return builder.ConnectionString;
    }

    private static string ModuleName { get; } =
        $"Tenants/{typeof(ConnectionSettings).Assembly.GetName().Version?.ToString(3)}";
}
