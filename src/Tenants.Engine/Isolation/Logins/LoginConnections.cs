using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;
using Tenants.Engine.Isolation.Keys;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>
/// Connections over a login that tenants' SQL runs as. A tenant may alter that login: so each new connection asks whether it has
/// settings of its own or lets others in, before it is used.
/// </summary>
internal sealed class LoginConnections : IAsyncDisposable
{
    private const int MaxAttempts = 3;

    // Settings that the login could have altered itself, and members that it could have let in itself: before 16 a login may grant itself.
    private const string Inspect = """
        select pg_catalog.clock_timestamp(), pg_catalog.pg_backend_pid(),
               exists (select from pg_catalog.pg_db_role_setting s
                       cross join lateral pg_catalog.unnest(s.setconfig) c(setting)
                       left join pg_catalog.pg_settings g on pg_catalog.lower(g.name) = pg_catalog.lower(pg_catalog.split_part(c.setting, '=', 1))
                       where s.setrole = self.oid
                         -- One that the server does not know now is a library's that the login loads (plpgsql, an extension).
                         and (g.name is null or g.context in ('user', 'backend') or pg_catalog.lower(pg_catalog.split_part(c.setting, '=', 1)) in ('role', 'session_authorization', 'seed'))
                         and s.setdatabase in (0, (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()))),
               current_user <> session_user
                   or exists (select from pg_catalog.pg_settings g where g.source in ('user', 'database user') and g.context in ('user', 'backend')),
               array(select m.rolname::text from pg_catalog.pg_auth_members a join pg_catalog.pg_roles m on m.oid = a.member
                     where a.roleid = self.oid and a.grantor = self.oid)
        from pg_catalog.pg_roles self where self.rolname = session_user
        """;

    private readonly ConnectionSettings _settings;
    private readonly string _login;
    private readonly string? _password;
    private readonly ServerClock? _clock;
    private readonly NpgsqlDataSource _source;
    private readonly ConnectionLender _lender;
    private readonly bool _isBehindPooler;
    private int _asked;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="settings">Where to connect.</param>
    /// <param name="login">The login.</param>
    /// <param name="password">Its password; null where the server asks for none.</param>
    /// <param name="clock">Takes the server's time from each new connection; null where nothing is signed.</param>
    /// <param name="isPooled">Connections are kept for the next call.</param>
    /// <param name="isBehindPooler">A pooler that lends its backends for a transaction stands between.</param>
    public LoginConnections(ConnectionSettings settings, string login, string? password, ServerClock? clock, bool isPooled = true, bool isBehindPooler = false)
    {
        _settings = settings;
        _login = login;
        _password = password;
        _clock = clock;
        _isBehindPooler = isBehindPooler;
        var builder = new NpgsqlDataSourceBuilder(settings.ToDataSourceString(login, isPooled, isBehindPooler));
        builder.UsePasswordProvider(_ => Password(), (_, _) => ValueTask.FromResult(Password()));
        builder.UsePhysicalConnectionInitializer(
            _ => throw new NotSupportedException("Connections are opened asynchronously."), InspectAsync);
        _source = builder.Build();
        _lender = new ConnectionLender(_source);
    }

    /// <summary>False if the server let the login in without a password: then it lets anybody in as anyone.</summary>
    public bool IsPasswordAsked => Volatile.Read(ref _asked) > 0;

    /// <summary>A connection that answers, over a login that is as it was made.</summary>
    /// <exception cref="TenantException">The server cannot be reached or refuses the login; <c>LoginAltered</c>.</exception>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await _lender.OpenAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (LoginAlteredException) when (attempt < MaxAttempts)
            {
                // It was put right; the next connection begins without.
            }
            catch (LoginAlteredException e)
            {
                throw new TenantException("LoginAltered", TenantErrorKind.PermissionDenied, e.Message) { Target = _login };
            }
            catch (Exception e) when (ServerErrors.IsOurs(e))
            {
                throw ServerErrors.Connecting(e, _settings.Server, _settings.Port, _settings.Builder.Database, _login);
            }
            catch (ObjectDisposedException)
            {
                throw TenantDatabase.Closed();
            }
        }
    }

    /// <summary>Closes what lies idle; what is lent closes when it is given back.</summary>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private string Password()
    {
        Interlocked.Increment(ref _asked);
        return _password ?? "";
    }

    private async Task InspectAsync(NpgsqlConnection connection)
    {
        bool isAltered;
        string[] members;
        await using (var command = new NpgsqlCommand(Inspect, connection))
        await using (var reader = await command.ExecuteReaderAsync().ConfigureAwait(false))
        {
            await reader.ReadAsync().ConfigureAwait(false);
            _clock?.Set(reader.GetDateTime(0));
            if (!_isBehindPooler && reader.GetInt32(1) != connection.ProcessID)
            {
                throw new TenantException(
                    "PoolerNotSupported",
                    TenantErrorKind.NotSupported,
                    "Between here and PostgreSQL stands a connection pooler, which lends one backend to many clients. Connect to PostgreSQL itself; or use an app login (New-TenantLogin -App), which works behind one, with -AdminServer for what the admin does.");
            }

            // What stands in the catalog now, and what this session began with: it may have been put back meanwhile.
            isAltered = reader.GetBoolean(2) || reader.GetBoolean(3);
            members = reader.GetFieldValue<string[]>(4);
        }

        if (!isAltered && members.Length == 0)
        {
            return;
        }

        await MendAsync(connection, members).ConfigureAwait(false);
        throw new LoginAlteredException(_login);
    }

    // The settings themselves may stand in the way: a role that it begins as, transactions that may not write.
    private async Task MendAsync(NpgsqlConnection connection, string[] members)
    {
        string[] statements =
        [
            "set role none",
            "set default_transaction_read_only = off",

            // Only what the server knows can be reset, and it knows a library's settings once that is loaded.
            "do $$begin end$$",
            "alter role session_user reset all",
            $"alter role session_user in database {Sql.Quote.Identifier(connection.Database)} reset all",
            .. members.Select(m => $"revoke {Sql.Quote.Identifier(_login)} from {Sql.Quote.Identifier(m)}"),
        ];
        try
        {
            foreach (var statement in statements)
            {
                await using var command = new NpgsqlCommand(statement, connection);
                await command.ExecuteNonQueryAsync().ConfigureAwait(false);
            }
        }
        catch (PostgresException)
        {
            // Then it is not put right, and another connection will say so.
        }
    }

    /// <summary>The login had settings or members that it gave itself.</summary>
    private sealed class LoginAlteredException(string login)
        : Exception($"The login '{login}' keeps changing its own settings or members while connections are opened: a tenant's SQL does that. Find which tenant it is, or use another login.");
}
