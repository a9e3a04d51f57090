using System.Text.RegularExpressions;
using Npgsql;
using Tenants.Engine.Errors;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Connections.Pooler;

/// <summary>
/// Learns by trying what stands between here and the server: its mode, what becomes of startup options, and what one client leaves
/// for the next. Needs no more than a login, and leaves nothing.
/// </summary>
public sealed partial class PoolerProbe
{
    private const int SecondsForStatement = 10;

    private const string AskFacts = """
        select pg_catalog.current_database()::text, session_user::text, pg_catalog.pg_is_in_recovery(),
               pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY'), pg_catalog.pg_backend_pid()
        """;

    private readonly ConnectionSettings _settings;
    private readonly string _plain;
    private string? _refusedParameter;

    private PoolerProbe(ConnectionSettings settings)
    {
        _settings = settings;
        _plain = Compose(null);
    }

    /// <summary>Tries, and says what it found.</summary>
    /// <param name="settings">Where and as whom.</param>
    /// <param name="cancellationToken">Stops it between two steps, and no mark stays.</param>
    /// <exception cref="TenantException"><c>PoolerBusy</c> where no backend is free; what connecting may throw.</exception>
    public static async Task<TenantPoolerReport> RunAsync(ConnectionSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        try
        {
            return await new PoolerProbe(settings).RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NpgsqlException e) when (e is not PostgresException && e.InnerException is TimeoutException)
        {
            throw ModeProbe.Busy();
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            throw ServerErrors.Translate(e);
        }
    }

    private async Task<TenantPoolerReport> RunAsync(CancellationToken cancellationToken)
    {
        var options = await TryOptionsAsync(cancellationToken).ConfigureAwait(false);
        var (row, version, isTold) = await AskAsync(cancellationToken).ConfigureAwait(false);
        var mode = await ModeProbe.FindAsync(_plain, cancellationToken).ConfigureAwait(false);
        if (mode == TenantPoolerMode.Session && isTold && options == TenantStartupOptions.Passed)
        {
            mode = TenantPoolerMode.None;
        }

        // A replica takes neither temporary tables nor LISTEN.
        var (login, isReplica, mayTemporary) = ((string)row[1], (bool)row[2], (bool)row[3]);
        var all = ProbeMark.All(Quote.Identifier(login));
        var marks = all.Where(m => m.Kind switch
        {
            TenantPoolerCrossing.TemporaryTable => mayTemporary && !isReplica,
            TenantPoolerCrossing.Listen => !isReplica,
            _ => true,
        }).ToList();
        cancellationToken.ThrowIfCancellationRequested();
        var found = await new CrossingProbe(_plain, mode).RunAsync(marks).ConfigureAwait(false);
        var crossings = found ?? [];
        var use = await UseAsync(mode, found, cancellationToken).ConfigureAwait(false);
        return new TenantPoolerReport
        {
            Server = _settings.Builder.Host ?? "",
            Port = _settings.Builder.Port,
            Database = (string)row[0],
            UserName = login,
            ServerVersion = version,
            Mode = mode,
            StartupOptions = options,
            Crossings = crossings,
            NotChecked = [.. all.Select(m => m.Kind).Except(found is null ? [] : marks.Select(m => m.Kind)).Order()],
            Use = use,
            Advice = PoolerAdvice.For(mode, use, options, crossings, isUndecided: found is null, _refusedParameter),
        };
    }

    // A setting of ours goes along with those that the module needs.
    private async Task<TenantStartupOptions> TryOptionsAsync(CancellationToken cancellationToken)
    {
        var (name, value) = ProbeMark.NewSetting();
        try
        {
            await using var client = await ProbeClient.OpenAsync(
                Compose($"{StartupOptions.Compose(_settings.Schema, _settings.StatementTimeout, _settings.Builder.Options)} -c {name}={value}"),
                cancellationToken).ConfigureAwait(false);
            var row = await client.RowAsync(cancellationToken, $"select pg_catalog.current_setting('{name}')").ConfigureAwait(false);
            return (string)row[0] == value ? TenantStartupOptions.Passed : TenantStartupOptions.Ignored;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ProtocolViolation)
        {
            _refusedParameter = NamedParameter().Match(e.MessageText) is { Success: true } match ? match.Value : null;
            return TenantStartupOptions.Refused;
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            throw Connecting(e);
        }
    }

    private async Task<(object[] Row, Version Version, bool IsTold)> AskAsync(CancellationToken cancellationToken)
    {
        ProbeClient client;
        try
        {
            client = await ProbeClient.OpenAsync(_plain, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            throw Connecting(e);
        }

        await using (client)
        {
            var row = await client.RowAsync(cancellationToken, AskFacts).ConfigureAwait(false);
            return (row, client.ServerVersion, (int)row[4] == client.ToldProcess);
        }
    }

    // Behind a pooler that keeps a backend for the session and cleans it, it is tried whether connecting finds all that it needs.
    private async Task<TenantPoolerUse> UseAsync(TenantPoolerMode mode, IReadOnlyList<TenantPoolerCrossing>? found, CancellationToken cancellationToken)
    {
        switch (mode)
        {
            case TenantPoolerMode.None:
                return TenantPoolerUse.AnyLogin;
            case TenantPoolerMode.Statement:
                return TenantPoolerUse.None;
            case TenantPoolerMode.Transaction:
                return TenantPoolerUse.AppLogin;
        }

        if (found is not { Count: 0 })
        {
            return TenantPoolerUse.AppLogin;
        }

        try
        {
            await (await TenantDatabase.OpenAsync(_settings, cancellationToken).ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            return TenantPoolerUse.AnyLogin;
        }
        catch (TenantException e) when (e.ErrorId == "PoolerNotSupported")
        {
            return TenantPoolerUse.AppLogin;
        }
    }

    private TenantException Connecting(Exception exception) => ServerErrors.Connecting(
        exception, _settings.Builder.Host, _settings.Builder.Port, _settings.Builder.Database, _settings.Builder.Username);

    private string Compose(string? options) => new NpgsqlConnectionStringBuilder(_settings.ToDataSourceString())
    {
        Host = _settings.Builder.Host,
        Port = _settings.Builder.Port,
        Pooling = false,
        Options = options,
        CommandTimeout = SecondsForStatement,
    }.ConnectionString;

    // PgBouncer's text, which is not translated: "unsupported startup parameter: options", since 1.20 also "… in options: search_path".
    [GeneratedRegex(@"(?<=unsupported startup parameter(?: in options)?: )\w+")]
    private static partial Regex NamedParameter();
}
