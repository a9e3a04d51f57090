using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation.Keys;
using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Many;
using Tenants.Engine.Queries.Text;
using Tenants.Engine.Sessions;
using Tenants.Engine.Tenants;
using Tenants.Engine.Tests.Queries.Many;
using Xunit;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>How SQL of a tenant reaches the server.</summary>
internal interface IAttackRoute : IAsyncDisposable
{
    /// <summary>Makes ready, as long as all defences stand.</summary>
    Task OpenAsync();

    /// <summary>Runs a script as a tenant.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="sql">The script.</param>
    /// <param name="timeout">A limit for each statement.</param>
    /// <param name="hears">Told each value, notice and error text.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task RunAsync(string tenant, string sql, TimeSpan? timeout, Action<string> hears, CancellationToken cancellationToken);

    /// <summary>Runs a script as many tenants at once.</summary>
    /// <param name="tenants">The tenants; one may come often.</param>
    /// <param name="sql">The script.</param>
    /// <param name="ran">Told of each run: the tenant, what came, and why it failed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task RunCrowdAsync(IReadOnlyList<string> tenants, string sql, Action<string, IReadOnlyList<string>, Exception?> ran, CancellationToken cancellationToken);

    /// <summary>Has the next step use another connection.</summary>
    Task ReconnectAsync();
}

/// <summary>Through the module: stand-alone calls, or a session for each tenant.</summary>
internal sealed class ModuleRoute(AttackWorld world, AttackTrust trust) : IAttackRoute
{
    private readonly Dictionary<string, OpenSession> _sessions = [];
    private TenantDatabase _database = null!;

    /// <inheritdoc/>
    public async Task OpenAsync()
    {
        _database = await world.OpenAsync(trust == AttackTrust.Scoped ? TenantTrust.Scoped : TenantTrust.Sealed);
        if (trust == AttackTrust.Bound)
        {
            foreach (var tenant in (string[])["acme", "globex"])
            {
                _sessions[tenant] = await OpenSession.OpenAsync(_database, tenant, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public async Task RunAsync(string tenant, string sql, TimeSpan? timeout, Action<string> hears, CancellationToken cancellationToken)
    {
        var options = new QueryOptions { Timeout = timeout, OnNotice = notice => hears(notice.Message) };
        var query = Query.Parse(sql, QueryParameters.None);
        if (trust == AttackTrust.Bound && !_sessions.ContainsKey(tenant))
        {
            _sessions[tenant] = await OpenSession.OpenAsync(_database, tenant, cancellationToken);
        }

        await using var cursor = trust == AttackTrust.Bound
            ? _sessions[tenant].Run(query, options, cancellationToken)
            : await TenantQueries.RunAsync(_database, tenant, query, options, cancellationToken);
        while (await cursor.NextResultAsync())
        {
            while (await cursor.ReadAsync())
            {
                foreach (var value in cursor.Row)
                {
                    hears(Text(value));
                }
            }
        }
    }

    /// <inheritdoc/>
    public async Task RunCrowdAsync(IReadOnlyList<string> tenants, string sql, Action<string, IReadOnlyList<string>, Exception?> ran, CancellationToken cancellationToken)
    {
        var options = new ManyTenantsOptions { ThrottleLimit = 4, CreateSink = (_, write) => new RowCollector(write) };
        await using var many = new ManyTenantsQuery(_database, Query.Parse(sql, QueryParameters.None), options, cancellationToken);
        foreach (var tenant in tenants)
        {
            Assert.True(many.TryAdd(tenant));
        }

        while (await many.NextAsync() is { } run)
        {
            var heard = new List<string>();
            while (await run.ReadAsync() is { } batch)
            {
                heard.AddRange(batch.Select(i => i is ServerNotice notice ? notice.Message : Text(i)));
            }

            ran(run.Tenant, heard, run.Failure);
        }
    }

    /// <inheritdoc/>
    public async Task ReconnectAsync()
    {
        foreach (var session in _sessions.Values)
        {
            await session.DisposeAsync();
        }

        _sessions.Clear();

        // A pool whose connections were ended makes others.
        if (trust != AttackTrust.Bound)
        {
            await world.EndSessionsAsync(besides: trust == AttackTrust.Scoped ? null : world.AdminLogin);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var session in _sessions.Values)
        {
            await session.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    private static string Text(object? value) => value switch
    {
        Array array => string.Join(' ', array.Cast<object?>()),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}

/// <summary>
/// Past the module: one bare connection over a login of the same kind (for a bound one, one each). Transactions are begun and
/// entered; nothing is guarded, cleaned or watched.
/// </summary>
internal sealed class BareRoute(AttackWorld world, AttackTrust trust, bool withoutBegin = false) : IAttackRoute
{
    private readonly Dictionary<string, NpgsqlConnection> _connections = [];
    private readonly Dictionary<string, (string Name, string ConnectionString)> _logins = [];
    private SigningKey? _key;

    /// <inheritdoc/>
    public async Task OpenAsync()
    {
        if (trust == AttackTrust.Bound)
        {
            await ConnectionAsync("acme");
            await ConnectionAsync("globex");
        }
        else
        {
            await ConnectionAsync("any");
        }
    }

    /// <inheritdoc/>
    public async Task RunAsync(string tenant, string sql, TimeSpan? timeout, Action<string> hears, CancellationToken cancellationToken)
    {
        var connection = await ConnectionAsync(trust == AttackTrust.Bound ? tenant : "any");
        void Hear(object sender, NpgsqlNoticeEventArgs e) => hears($"{e.Notice.MessageText} {e.Notice.Detail}");
        void Listen(object sender, NpgsqlNotificationEventArgs e) => hears(e.Payload);
        connection.Notice += Hear;
        connection.Notification += Listen;
        try
        {
            if (withoutBegin)
            {
                await ReadAsync(connection, Enter(connection, tenant), hears, cancellationToken);
                foreach (var statement in StatementSplitter.Split(sql))
                {
                    await ReadAsync(connection, new NpgsqlBatchCommand(statement.Text), hears, cancellationToken);
                }

                return;
            }

            try
            {
                await ReadAsync(connection, new NpgsqlBatchCommand("begin"), hears, cancellationToken);
                await ReadAsync(connection, Enter(connection, tenant), hears, cancellationToken);
                if (timeout is { } limit)
                {
                    await ReadAsync(connection, new NpgsqlBatchCommand($"set local statement_timeout = {(int)limit.TotalMilliseconds}"), hears, cancellationToken);
                }

                foreach (var statement in StatementSplitter.Split(sql))
                {
                    await ReadAsync(connection, new NpgsqlBatchCommand(statement.Text), hears, cancellationToken);
                }

                await ReadAsync(connection, new NpgsqlBatchCommand("commit"), hears, cancellationToken);
            }
            catch (PostgresException) when (connection.State == System.Data.ConnectionState.Open)
            {
                await ReadAsync(connection, new NpgsqlBatchCommand("rollback"), hears, cancellationToken);
                throw;
            }
        }
        finally
        {
            connection.Notice -= Hear;
            connection.Notification -= Listen;
        }
    }

    /// <inheritdoc/>
    public async Task RunCrowdAsync(IReadOnlyList<string> tenants, string sql, Action<string, IReadOnlyList<string>, Exception?> ran, CancellationToken cancellationToken)
    {
        foreach (var tenant in tenants)
        {
            var heard = new List<string>();
            Exception? failure = null;
            try
            {
                await RunAsync(tenant, sql, null, heard.Add, cancellationToken);
            }
            catch (PostgresException e)
            {
                failure = e;
            }

            ran(tenant, heard, failure);
        }
    }

    /// <inheritdoc/>
    public async Task ReconnectAsync()
    {
        foreach (var connection in _connections.Values)
        {
            await connection.DisposeAsync();
        }

        _connections.Clear();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ReconnectAsync();
        _key?.Dispose();
    }

    private static async Task ReadAsync(NpgsqlConnection connection, NpgsqlBatchCommand command, Action<string> hears, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { command } };
        await ReadAsync(batch, hears, cancellationToken);
    }

    private static async Task ReadAsync(NpgsqlBatch batch, Action<string> hears, CancellationToken cancellationToken)
    {
        batch.Timeout = 0;
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        do
        {
            while (reader.FieldCount > 0 && await reader.ReadAsync(cancellationToken))
            {
                for (var i = 0; i < reader.FieldCount; i++)
                {
                    hears(reader.GetDataTypeName(i) is "void" or "refcursor" ? "" : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture) ?? "");
                }
            }
        }
        while (await reader.NextResultAsync(cancellationToken));
    }

    private NpgsqlBatchCommand Enter(NpgsqlConnection connection, string tenant)
    {
        if (trust == AttackTrust.Bound)
        {
            return new NpgsqlBatchCommand("select tenants.enter($1)") { Parameters = { new NpgsqlParameter<string> { TypedValue = tenant } } };
        }

        var token = _key!.Sign(connection.ProcessID.ToString(CultureInfo.InvariantCulture), connection.UserName!, TenantId.Parse(tenant, TenantIdType.Text), DateTime.UtcNow.AddMinutes(1));
        return new NpgsqlBatchCommand(trust == AttackTrust.Scoped
            ? $"select tenants.enter($1, $2), set_config('role', '{world.Installation.SessionRole}', true)"
            : "select tenants.enter($1, $2)")
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = tenant }, new NpgsqlParameter<string> { TypedValue = token } },
        };
    }

    private async Task<NpgsqlConnection> ConnectionAsync(string tenant)
    {
        if (_connections.TryGetValue(tenant, out var open))
        {
            return open;
        }

        if (!_logins.TryGetValue(tenant, out var login))
        {
            login = _logins[tenant] = await MakeLoginAsync(tenant);
        }

        var connection = new NpgsqlConnection(login.ConnectionString);
        await connection.OpenAsync();
        return _connections[tenant] = connection;
    }

    private async Task<(string Name, string ConnectionString)> MakeLoginAsync(string tenant)
    {
        if (trust == AttackTrust.Scoped)
        {
            _key = await AttackKeys.MakeAsync(world, world.AdminLogin);
            return (world.AdminLogin, world.AdminConnectionString + ";Pooling=false;Include Error Detail=true");
        }

        var name = $"{world.Name}_{tenant}_{RandomNumberGenerator.GetHexString(4, lowercase: true)}";
        var password = RandomNumberGenerator.GetHexString(24, lowercase: true);
        var kind = trust == AttackTrust.Bound ? $"'bound', '{tenant}'" : "'shared', null";
        await world.SuperuserAsync($"create role {name} login password '{password}'");
        await world.SuperuserAsync($"grant \"{world.Installation.SessionRole}\" to {name}{(world.Major >= 16 ? " with inherit true, set false" : "")}");
        await world.SuperuserAsync($"insert into tenants.login (oid, name, kind, tenant) select oid, rolname, {kind} from pg_roles where rolname = '{name}'");
        if (trust == AttackTrust.Shared)
        {
            _key = await AttackKeys.MakeAsync(world, name);
        }

        return (name, new NpgsqlConnectionStringBuilder(world.AdminConnectionString) { Username = name, Password = password, Pooling = false, IncludeErrorDetail = true }.ConnectionString);
    }
}

/// <summary>Keys that a test signs with by itself.</summary>
internal static class AttackKeys
{
    /// <summary>A new key of a login.</summary>
    public static async Task<SigningKey> MakeAsync(AttackWorld world, string login)
    {
        var made = await world.SuperuserValueAsync<string>($"select id || ' ' || encode(secret, 'hex') from tenants.create_key('{login}', null)");
        var parts = made!.Split(' ');
        return new SigningKey(parts[0], Convert.FromHexString(parts[1]));
    }

    /// <summary>A token for the victim, in a form.</summary>
    public static async Task<string> TokenAsync(AttackWorld world, TokenForm form, string login, int processId)
    {
        using var key = await MakeAsync(world, form == TokenForm.OtherLogin ? world.Installation.SessionRole : login);
        if (form == TokenForm.RetiredKey)
        {
            await world.SuperuserAsync($"select tenants.retire_keys('{login}', '0', null)");
        }

        var backend = (form == TokenForm.OtherBackend ? processId + 1 : processId).ToString(CultureInfo.InvariantCulture);
        var tenant = TenantId.Parse(form == TokenForm.OwnTenant ? "acme" : "globex", TenantIdType.Text);
        var notAfter = DateTime.UtcNow.AddSeconds(form is TokenForm.Expired or TokenForm.Prolonged ? -5 : 55);
        var token = key.Sign(backend, login, tenant, notAfter);
        var parts = token.Split('.');
        return form switch
        {
            TokenForm.Cut => token[..^1],
            TokenForm.Extended => token + "0",
            TokenForm.Prolonged => string.Join('.', parts[0], parts[1], parts[2], DateTimeOffset.UtcNow.AddSeconds(55).ToUnixTimeSeconds(), parts[4]),
            TokenForm.Unsigned => string.Join('.', parts[..4]) + ".",
            _ => token,
        };
    }
}
