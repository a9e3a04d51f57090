using System.Collections.Concurrent;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation.Keys;
using Tenants.Engine.Isolation.Logins;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Isolation;

/// <summary>
/// Over logins that the admin's connection makes for this process, each with the rights of tenants' SQL and nothing to go back to:
/// one shared by all stand-alone calls, whose key signs whose each transaction is, and one bound login per session. They are
/// renewed at half their life and dropped at the end; what a killed process left behind is swept by the next one.
/// </summary>
internal sealed class SealedIsolation(TenantDatabase database, Installation installation) : IIsolation
{
    /// <summary>How long a login lives that nobody renews.</summary>
    public static readonly TimeSpan LoginLife = TimeSpan.FromHours(8);

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly LoginRegistry _registry = new(database, installation);
    private readonly SemaphoreSlim _renewal = new(1, 1);

    // All that were made, for a connection of a former one may still be at work.
    private readonly ConcurrentDictionary<string, SealedLogin> _logins = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _bound = new(StringComparer.Ordinal);
    private readonly Judgement _judgement = new(database.Settings.JudgementLife);
    private SealedLogin? _current;
    private bool _isAdmin;
    private volatile bool _isClosed;

    /// <inheritdoc/>
    public TenantTrust Trust => TenantTrust.Sealed;

    /// <inheritdoc/>
    public ConnectionReset Reset => database.DirectReset;

    /// <summary>False once the server let a login in without asking for its password.</summary>
    public bool IsPasswordAsked { get; private set; } = true;

    /// <summary>A login was let in: whether the server asked for its password.</summary>
    public void LetIn(bool isPasswordAsked) => IsPasswordAsked &= isPasswordAsked;

    /// <inheritdoc/>
    public ValueTask PrepareAsync(CancellationToken cancellationToken) =>
        _current is { Signer.IsDue: false } ? ValueTask.CompletedTask : ReplaceAsync(_current, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken)
    {
        var login = _current ?? throw new InvalidOperationException("PrepareAsync comes first.");
        try
        {
            return await OpenAsync(login, cancellationToken).ConfigureAwait(false);
        }
        catch (TenantException e) when (LoginFaults.IsWorthAnother(e))
        {
            // It vanished, or a tenant altered it.
            await ReplaceAsync(login, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await OpenAsync(_current!, cancellationToken).ConfigureAwait(false);
        }
        catch (TenantException e)
        {
            throw await LoginFaults.ExplainAsync(e, database, installation, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<NpgsqlBatchCommand> Enter(NpgsqlConnection connection, TenantId tenant) =>
        [_logins[connection.UserName!].Signer.Enter(installation, connection, tenant)];

    /// <inheritdoc/>
    public async ValueTask<bool> RenewAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Where it was replaced already, another try is all that is needed.
        if (_current is { } current && current.Name == connection.UserName)
        {
            await ReplaceAsync(current, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <inheritdoc/>
    public Task<bool> TerminateAsync(Backend backend) => backend.TerminateAsync(database);

    /// <inheritdoc/>
    public async ValueTask<IIsolation> ForSessionAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var request = new LoginRequest(TenantLoginKind.Bound) { Tenant = tenant.Value, ValidFor = LoginLife, ConnectionLimit = 1 };
        await EnsureAdminAsync(cancellationToken).ConfigureAwait(false);
        var isJudged = _judgement.IsDue;
        var (secret, _) = await _registry.MakeAsync(request, isJudged, cancellationToken).ConfigureAwait(false);
        _bound.TryAdd(secret.Name, 0);
        if (_isClosed)
        {
            await ForgetAsync(secret.Name).ConfigureAwait(false);
            throw TenantDatabase.Closed();
        }

        if (isJudged)
        {
            _judgement.Renew();
        }

        return new BoundIsolation(database, installation, secret, this);
    }

    /// <summary>Drops a session's login.</summary>
    public async ValueTask ForgetAsync(string login)
    {
        if (_bound.TryRemove(login, out _))
        {
            await DropAsync([login]).ConfigureAwait(false);
        }
    }

    /// <summary>Drops every login that was made.</summary>
    public async ValueTask DisposeAsync()
    {
        // A login that is being made at this moment is dropped with the others: it is waited for, and none comes after it.
        _isClosed = true;
        var isAlone = await _renewal.WaitAsync(Farewell).ConfigureAwait(false);
        _current = null;
        foreach (var login in _logins.Values)
        {
            await login.DisposeAsync().ConfigureAwait(false);
        }

        await DropAsync([.. _logins.Keys, .. _bound.Keys]).ConfigureAwait(false);
        _logins.Clear();
        _bound.Clear();
        if (isAlone)
        {
            _renewal.Release();
        }
    }

    private async ValueTask<NpgsqlConnection> OpenAsync(SealedLogin login, CancellationToken cancellationToken)
    {
        var connection = await login.Connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        LetIn(login.Connections.IsPasswordAsked);
        return connection;
    }

    // Asked once, so that who is none hears that, and not which table he may not read.
    private async ValueTask EnsureAdminAsync(CancellationToken cancellationToken)
    {
        if (!_isAdmin)
        {
            await database.UseAsync(connection => AdminRight.CheckAsync(connection, installation, cancellationToken), cancellationToken).ConfigureAwait(false);
            _isAdmin = true;
        }
    }

    private async ValueTask ReplaceAsync(SealedLogin? old, CancellationToken cancellationToken)
    {
        await _renewal.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isClosed)
            {
                throw TenantDatabase.Closed();
            }

            // Somebody else may have replaced it meanwhile.
            if (!ReferenceEquals(_current, old))
            {
                return;
            }

            await EnsureAdminAsync(cancellationToken).ConfigureAwait(false);
            var (secret, signer) = await _registry.MakeAsync(
                new LoginRequest(TenantLoginKind.Shared) { ValidFor = LoginLife }, isJudged: false, cancellationToken).ConfigureAwait(false);
            var login = new SealedLogin(database.Settings, secret, signer!);
            _logins[login.Name] = login;
            await CheckAsync(login, cancellationToken).ConfigureAwait(false);

            // Nobody is lent a connection of it before it was looked at.
            _current = login;
            if (old is not null)
            {
                // What lies idle closes; what is at work closes when it is done.
                await old.Connections.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _renewal.Release();
        }
    }

    // Looked at like a stranger's, each time: a right that everybody has, or was given since, would be an enemy's too.
    private async Task CheckAsync(SealedLogin login, CancellationToken cancellationToken)
    {
        try
        {
            await using (var connection = await OpenAsync(login, cancellationToken).ConfigureAwait(false))
            {
                await LoginFitness.EnsureAsync(connection, installation, isApp: false, cancellationToken).ConfigureAwait(false);
                _judgement.Renew();
            }

            await database.UseAsync(
                connection => new LoginRemoval(database, installation).SweepAsync(connection, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _logins.TryRemove(login.Name, out _);
            await login.DisposeAsync().ConfigureAwait(false);
            await DropAsync([login.Name]).ConfigureAwait(false);
            if (e is TenantException error)
            {
                throw await LoginFaults.ExplainAsync(error, database, installation, cancellationToken).ConfigureAwait(false);
            }

            throw;
        }
    }

    private async Task DropAsync(IReadOnlyCollection<string> names)
    {
        if (names.Count == 0)
        {
            return;
        }

        using var patience = new CancellationTokenSource(Farewell);
        try
        {
            await database.UseAsync(
                connection => new LoginRemoval(database, installation).RemoveOwnAsync(connection, names, patience.Token), patience.Token, evenClosing: true).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TenantException or OperationCanceledException)
        {
            // The server is gone or slow: the sweep of another process finds them once they have expired.
        }
    }
}
