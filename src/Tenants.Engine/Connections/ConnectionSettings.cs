using Npgsql;
using Tenants.Engine.Sql;

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

    /// <summary>How long a statement may run on the server; zero for no limit.</summary>
    public TimeSpan StatementTimeout { get; init; } = DefaultStatementTimeout;

    /// <summary>What the user should hear about these settings, once.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    internal NpgsqlConnectionStringBuilder Builder { get; }

    /// <summary>The connection string that the data source is built from, with all that the module needs and forbids.</summary>
    internal string ToDataSourceString()
    {
        var builder = new NpgsqlConnectionStringBuilder(Builder.ConnectionString)
        {
            ApplicationName = ModuleName,

            // Npgsql's own limit would cut the reading of a long result; the server's limit is the one that counts.
            CommandTimeout = 0,

            // A prepared statement that outlives a tenant's transaction could be redefined by that tenant.
            MaxAutoPrepare = 0,
            Multiplexing = false,

            // Connections are cleaned when they are given back, not when they are next used.
            NoResetOnClose = true,
            Enlist = false,
            PersistSecurityInfo = false,
            Options = string.Join(' ', ((string?[])[Builder.Options, .. StartupOptions()]).Where(o => !string.IsNullOrEmpty(o))),
        };
        return builder.ConnectionString;
    }

    private static string ModuleName { get; } =
        $"Tenants/{typeof(ConnectionSettings).Assembly.GetName().Version?.ToString(3)}";

    // As startup options they survive DISCARD ALL and win over what a login altered for itself.
    private IEnumerable<string> StartupOptions()
    {
        var path = Schema == "public" ? "public" : $"{Quote.Identifier(Schema)}, public";
        yield return Setting("search_path", path);
        yield return Setting("statement_timeout", ((long)StatementTimeout.TotalMilliseconds).ToString(System.Globalization.CultureInfo.InvariantCulture));
        yield return Setting("standard_conforming_strings", "on");
        yield return Setting("DateStyle", "ISO");
        yield return Setting("IntervalStyle", "postgres");
    }

    // The server splits these at spaces that no backslash escapes.
    private static string Setting(string name, string value) =>
        $"-c {name}={value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(" ", "\\ ", StringComparison.Ordinal)}";
}
