using Npgsql;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Connections.Pooler;

/// <summary>One client of a pooler: a connection that no pool of ours keeps.</summary>
internal sealed class ProbeClient : IAsyncDisposable
{
    /// <summary>Gives the server process that answers.</summary>
    public const string AskProcess = "select pg_catalog.pg_backend_pid()";

    private readonly NpgsqlConnection _connection;

    private ProbeClient(NpgsqlConnection connection) => _connection = connection;

    /// <summary>The server process, as it was told when the connection was opened. A pooler makes it up.</summary>
    public int ToldProcess => _connection.ProcessID;

    /// <summary>The server's version.</summary>
    public Version ServerVersion => _connection.PostgreSqlVersion;

    /// <summary>Opens one. What the driver throws passes through.</summary>
    public static async Task<ProbeClient> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(connectionString);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            return new ProbeClient(connection);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The server process that works for this client now.</summary>
    public async Task<int> ProcessAsync(CancellationToken cancellationToken) =>
        (int)(await RowAsync(cancellationToken, AskProcess).ConfigureAwait(false))[0];

    /// <summary>Begins a transaction, which keeps the server process to this client, and gives that.</summary>
    public async Task<int> HoldAsync(CancellationToken cancellationToken)
    {
        await RowAsync(cancellationToken, "begin").ConfigureAwait(false);
        return await ProcessAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs statements in one pipeline, which one server process works on in every mode, and gives the last row of all.</summary>
    public async Task<object[]> RowAsync(CancellationToken cancellationToken, params IEnumerable<string> statements)
    {
        await using var batch = new NpgsqlBatch(_connection);
        foreach (var statement in statements)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
        }

        object[] row = [];
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        do
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                row = new object[reader.FieldCount];
                reader.GetValues(row);
            }
        }
        while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false));
        return row;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            // It broke; it is gone either way.
        }
    }
}
