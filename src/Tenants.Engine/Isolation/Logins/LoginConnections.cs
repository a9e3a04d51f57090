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
                       join pg_catalog.pg_settings g on g.name = pg_catalog.lower(pg_catalog.split_part(c.setting, '=', 1))
                       where s.setrole = self.oid and g.context in ('user', 'backend')
                         and s.setdatabase in (0, (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()))),
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

            isAltered = reader.GetBoolean(2);
            members = reader.GetFieldValue<string[]>(3);
        }

        if (!isAltered && members.Length == 0)
        {
            return;
        }

        await using var batch = new NpgsqlBatch(connection);
        if (isAltered)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("alter role current_user reset all"));
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"alter role current_user in database {Sql.Quote.Identifier(connection.Database)} reset all"));
        }

        foreach (var member in members)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"revoke {Sql.Quote.Identifier(_login)} from {Sql.Quote.Identifier(member)}"));
        }

        await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
        throw new LoginAlteredException(_login);
    }

    /// <summary>The login had settings or members that it gave itself.</summary>
    private sealed class LoginAlteredException(string login)
        : Exception($"The login '{login}' keeps changing its own settings or members while connections are opened: a tenant's SQL does that. Find which tenant it is, or use another login.");
}
