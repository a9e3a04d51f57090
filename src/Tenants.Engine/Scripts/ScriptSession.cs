using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Scripts;

/// <summary>A connection of a run's own, closed after it: locks and settings of the session that a script leaves go with it.</summary>
internal static class ScriptSession
{
    /// <summary>How long it waits for a lock, unless the script says otherwise.</summary>
    public static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(2);

    /// <summary>Connects as the admin, or as another login with its password.</summary>
    /// <exception cref="TenantException"><c>ConnectionFailed</c>, <c>AuthenticationFailed</c> and the like.</exception>
    public static async Task<NpgsqlConnection> OpenAsync(TenantDatabase database, string? login, string? password, CancellationToken cancellationToken)
    {
        var builder = new NpgsqlConnectionStringBuilder(database.Settings.ToDataSourceString()) { Pooling = false };
        if (password is not null)
        {
            (builder.Username, builder.Password) = (login, password);
        }

        var connection = new NpgsqlConnection(builder.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            await ServerWatch.StartAsync(connection, cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw ServerErrors.IsOurs(e) ? ServerErrors.Connecting(e, builder.Host, builder.Port, builder.Database, builder.Username) : e;
        }
    }

    /// <summary>Runs one statement of ours.</summary>
    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
