using Npgsql;

namespace Tenants.Engine.Connections;

/// <summary>What the server says about itself and about the login.</summary>
/// <param name="ServerVersion">The server's version.</param>
/// <param name="Database">The database's name.</param>
/// <param name="SessionUser">The login.</param>
/// <param name="IsSuperuser">The login is a superuser: no policy binds it.</param>
/// <param name="BypassesRls">The login has BYPASSRLS: no policy binds it.</param>
/// <param name="CanCreateRoles">The login may create roles.</param>
/// <param name="IsReplica">The server is a read-only replica.</param>
/// <param name="Encoding">The database's encoding.</param>
/// <param name="StatementTimeout">The limit for a statement, as the server has it; zero for none.</param>
/// <param name="KeepsState">The database has something that keeps state through DISCARD ALL: connections of dblink, variables of other languages.</param>
public sealed record ServerFacts(
    Version ServerVersion,
    string Database,
    string SessionUser,
    bool IsSuperuser,
    bool BypassesRls,
    bool CanCreateRoles,
    bool IsReplica,
    string Encoding,
    TimeSpan StatementTimeout,
    bool KeepsState)
{
    /// <summary>The oldest server that works.</summary>
    internal static readonly Version Oldest = new(14, 0);

    /// <summary>The holes (CVE) that this release of the server has and a later one closed, the newest last; none where it is up to date.</summary>
    public IReadOnlyList<string> MissingFixes => [.. ServerFixes.Missing(ServerVersion).Select(f => f.Cve)];

    private const string Query = """
        select pg_catalog.current_database()::text, session_user::text, r.rolsuper, r.rolbypassrls, r.rolcreaterole,
               pg_catalog.pg_is_in_recovery(), pg_catalog.getdatabaseencoding()::text,
               (select s.setting::bigint from pg_catalog.pg_settings s where s.name = 'statement_timeout'),
               pg_catalog.pg_backend_pid(),
               pg_catalog.current_setting('search_path'),
               exists (select from pg_catalog.pg_extension e where e.extname = 'dblink')
                   or exists (select from pg_catalog.pg_language l where l.lanname not in ('internal', 'c', 'sql', 'plpgsql'))
        from pg_catalog.pg_roles r where r.rolname = session_user
        """;

    internal static async Task<ServerFacts> ReadAsync(NpgsqlConnection connection, ConnectionSettings settings, bool isBehindPooler, CancellationToken cancellationToken)
    {
        var version = connection.PostgreSqlVersion;
        if (version < Oldest)
        {
            throw new TenantException(
                "ServerNotSupported",
                TenantErrorKind.NotSupported,
                $"The server is PostgreSQL {version.Major}, and {Oldest.Major} is the oldest that works: earlier ones get no more security fixes, and row-level security had some that matter. Upgrade the server.");
        }

        await using var command = new NpgsqlCommand(Query, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (!isBehindPooler && (reader.GetInt32(8) != connection.ProcessID || reader.GetString(9) != StartupOptions.SearchPath(settings.Schema)))
        {
            // A pooler that drops startup options without a word, or lends one backend to many clients.
            throw new TenantException(
                "PoolerNotSupported",
                TenantErrorKind.NotSupported,
                "Between here and PostgreSQL stands a connection pooler: the session does not have the settings that it was opened with, or is not a session of one backend. Connect to PostgreSQL itself; or use an app login (New-TenantLogin -App), which works behind one, with -AdminServer for what the admin does.");
        }

        return new ServerFacts(
            version,
            reader.GetString(0),
            reader.GetString(1),
            reader.GetBoolean(2),
            reader.GetBoolean(3),
            reader.GetBoolean(4),
            reader.GetBoolean(5),
            reader.GetString(6),
            isBehindPooler ? settings.StatementTimeout ?? ConnectionSettings.DefaultStatementTimeout : TimeSpan.FromMilliseconds(reader.GetInt64(7)),
            reader.GetBoolean(10));
    }

    internal IEnumerable<string> Warnings()
    {
        if (IsSuperuser || BypassesRls)
        {
            yield return $"The login '{SessionUser}' {(IsSuperuser ? "is a superuser" : "has BYPASSRLS")}: no policy binds it in other tools. Tenants' SQL never runs as it here, but an admin login without that right is safer.";
        }

        if (ServerVersion.Major < 15)
        {
            yield return $"PostgreSQL {ServerVersion.Major} is out of support. It works, but upgrade the server.";
        }

        if (ServerFixes.Missing(ServerVersion) is { Count: > 0 } missing)
        {
            var holes = string.Join("; ", missing.Select(f => $"{f.Cve}, {f.What}"));
            yield return $"Server outdated: PostgreSQL {ServerVersion} has holes that later releases closed ({holes}). Upgrade it to {missing.Max(f => f.FixedIn)} or later.";
        }
    }
}
