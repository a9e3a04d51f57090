using System.Globalization;
using Npgsql;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Isolation.Keys;

/// <summary>Signs tokens for one login: its key, and the server's time.</summary>
/// <param name="login">The login.</param>
/// <param name="key">Its key.</param>
/// <param name="clock">The server's time.</param>
/// <param name="due">When the key is to be replaced, in the server's time; null for never.</param>
internal sealed class TokenSigner(string login, SigningKey key, ServerClock clock, DateTime? due) : IDisposable
{
    /// <summary>
    /// How long a token may begin a transaction. It is signed just before it is sent, so this covers a slow network and a queue at
    /// the server, and no more; what has begun goes on however long it takes.
    /// </summary>
    public static readonly TimeSpan TokenLife = TimeSpan.FromSeconds(60);

    /// <summary>The key's public name.</summary>
    public string KeyId => key.Id;

    /// <summary>The server's time.</summary>
    public ServerClock Clock => clock;

    /// <summary>True once it is time for another key.</summary>
    public bool IsDue => due is { } when && clock.Now >= when;

    /// <summary>The call that makes a transaction a tenant's. Its values are parameters: what stands in the text of a statement, others with the same login can read.</summary>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="connection">The connection that runs it.</param>
    /// <param name="tenant">Whose transaction it becomes.</param>
    /// <param name="isPooled">A pooler stands between, so the backend is not known.</param>
    /// <param name="role">The role to take on, in the same statement; null for none.</param>
    public NpgsqlBatchCommand Enter(Installation installation, NpgsqlConnection connection, TenantId tenant, bool isPooled = false, string? role = null)
    {
        var backend = isPooled ? SigningKey.AnyBackend : connection.ProcessID.ToString(CultureInfo.InvariantCulture);
        var command = new NpgsqlBatchCommand(
            $"select {installation.QuotedSchema}.enter($1, $2){(role is null ? "" : ", pg_catalog.set_config('role', $3, true)")}")
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = tenant.Value },
                new NpgsqlParameter<string> { TypedValue = key.Sign(backend, login, tenant, clock.Now + TokenLife) },
            },
        };
        if (role is not null)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = role });
        }

        return command;
    }

    /// <summary>Wipes the key.</summary>
    public void Dispose() => key.Dispose();
}
