using System.Text.RegularExpressions;
using Npgsql;
using Tenants.Engine.Queries.Text;
using Xunit;

namespace Tenants.Engine.Tests.Migrations.Tools;

/// <summary>Sends a text of SQL as a tool does.</summary>
internal static class SqlScript
{
    /// <summary>In a transaction that the tool begins, in which it then writes to its own table, by whatever path it has.</summary>
    public static async Task RunInTransactionAsync(NpgsqlConnection connection, string text, string version, bool isUp)
    {
        await RunAsync(connection, "begin");
        await RunAsync(connection, text);
        await RunAsync(connection, Mark(version, isUp));
        await RunAsync(connection, "commit");
    }

    /// <summary>As it is. What the server takes in no transaction must be the only statement.</summary>
    public static async Task RunPlainAsync(NpgsqlConnection connection, string text, string version, bool isUp)
    {
        if (Regex.IsMatch(text, "^(create|drop) index concurrently ", RegexOptions.Multiline))
        {
            Assert.Single(StatementSplitter.Split(text));
        }

        await RunAsync(connection, text);
        await RunAsync(connection, Mark(version, isUp));
    }

    public static async Task RunAsync(NpgsqlConnection connection, string text)
    {
        await using var command = new NpgsqlCommand(text, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await RunAsync(connection, "create table if not exists public.schema_migrations (version text primary key)");
        return connection;
    }

    public static async Task<HashSet<string>> AppliedAsync(NpgsqlConnection connection)
    {
        var versions = new HashSet<string>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand("select version from public.schema_migrations", connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            versions.Add(reader.GetString(0));
        }

        return versions;
    }

    private static string Mark(string version, bool isUp) => isUp
        ? $"insert into schema_migrations values ('{version}')"
        : $"delete from schema_migrations where version = '{version}'";
}
