using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Isolation;

/// <summary>
/// Context mode over the admin's own login: the context is signed with a key of that login, and the transaction runs as the
/// session role, which has no rights but those of tenant SQL.
/// </summary>
internal sealed class ContextIsolation(TenantDatabase database, Installation installation) : IIsolation, IDisposable
{
    /// <summary>How long a signed context may begin transactions.</summary>
    private static readonly TimeSpan ContextLife = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan KeyLife = TimeSpan.FromHours(12);

    private readonly SemaphoreSlim _renewal = new(1, 1);
    private SigningKey? _key;

    /// <inheritdoc/>
    public TenantTrust Trust => TenantTrust.Scoped;

    /// <inheritdoc/>
    public async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (_key is { } key && !key.IsDue)
        {
            return;
        }

        await _renewal.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_key is null || _key.IsDue)
            {
                _key = await CreateKeyAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _renewal.Release();
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<NpgsqlBatchCommand> Enter(NpgsqlConnection connection, TenantId tenant)
    {
        var key = _key ?? throw new InvalidOperationException("PrepareAsync comes first.");
        var context = key.Sign(connection.ProcessID, database.SessionUser, tenant, ContextLife);
        return
        [
            // Sent as parameters: what stands in the text of a statement, others with the same login can read.
            new NpgsqlBatchCommand(
                "select pg_catalog.set_config('tenants.tenant', $1, true), pg_catalog.set_config('tenants.context', $2, true), pg_catalog.set_config('role', $3, true)")
            {
                Parameters =
                {
                    new NpgsqlParameter<string> { TypedValue = tenant.Value },
                    new NpgsqlParameter<string> { TypedValue = context },
                    new NpgsqlParameter<string> { TypedValue = installation.SessionRole },
                },
            },
            new NpgsqlBatchCommand($"select {installation.CurrentTenantCall}"),
        ];
    }

    /// <summary>Forgets the key.</summary>
    public void Dispose()
    {
        _key?.Dispose();
        _key = null;
        _renewal.Dispose();
    }

    private Task<SigningKey> CreateKeyAsync(CancellationToken cancellationToken) => database.UseAsync(
        async connection =>
        {
            await AdminRight.CheckAsync(connection, installation, cancellationToken).ConfigureAwait(false);
            await using var command = new NpgsqlCommand(
                $"select id, secret, expires_at, server_time from {installation.QuotedSchema}.create_key($1, $2)", connection)
            {
                Parameters =
                {
                    new NpgsqlParameter { Value = database.SessionUser, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Name },
                    new NpgsqlParameter<TimeSpan> { TypedValue = KeyLife },
                },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            return new SigningKey(reader.GetString(0), reader.GetFieldValue<byte[]>(1), reader.GetDateTime(2), reader.GetDateTime(3));
        },
        cancellationToken);
}
