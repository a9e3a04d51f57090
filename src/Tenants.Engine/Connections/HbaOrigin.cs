using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Npgsql;

namespace Tenants.Engine.Connections;

/// <summary>Where a connection comes from, as the server sees it: the lines of pg_hba.conf go by that.</summary>
/// <param name="Type">What a line for it begins with.</param>
/// <param name="Address">The address in the line; null where it has none.</param>
internal sealed partial record HbaOrigin(string Type, string? Address)
{
    private const string Method = "scram-sha-256";

    private static readonly HbaOrigin s_socket = new("local", null);
    private static readonly char[] s_endsOfNames = ['"', '«', '»', '”', ','];

    /// <summary>The line that lets one login in.</summary>
    public string LineFor(string database, string login) => Line(Quoted(database), Quoted(login));

    /// <summary>The line that lets a role's members in. The plus means them only where it stands outside of the quotes.</summary>
    public string LineForMembers(string database, string role) => Line(Quoted(database), "+" + Quoted(role));

    /// <summary>As the connection of an admin, who was let in, comes from.</summary>
    public static async Task<HbaOrigin> AskAsync(TenantDatabase database, CancellationToken cancellationToken)
    {
        // Where it goes another way, it may come from another address.
        if (database.Settings is { AdminServer: not null } or { AdminPort: not null })
        {
            return Network(null, isEncrypted: false);
        }

        const string Query = """
            select pg_catalog.text(pg_catalog.inet_client_addr()),
                   exists (select from pg_catalog.pg_stat_ssl s where s.pid = pg_catalog.pg_backend_pid() and s.ssl)
            """;
        return await database.UseAsync(
            async connection =>
            {
                await using var command = new NpgsqlCommand(Query, connection);
                await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                return reader.IsDBNull(0) ? s_socket : Network(reader.GetString(0), reader.GetBoolean(1));
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As the server's refusal tells it, in whatever language: the address comes first, and of TLS it speaks after the names.</summary>
    /// <param name="server">The server, or the folder of its socket.</param>
    /// <param name="refusal">The server's message.</param>
    public static HbaOrigin Read(string? server, string refusal)
    {
        if (server?.StartsWith('/') == true)
        {
            return s_socket;
        }

        var address = AddressLike().Matches(refusal).Select(m => m.Value).FirstOrDefault(v => v.AsSpan().ContainsAny('.', ':') && IPAddress.TryParse(v, out _));
        return Network(
            address is null ? null : $"{address}/{(IPAddress.Parse(address).AddressFamily == AddressFamily.InterNetwork ? 32 : 128)}",
            refusal[(refusal.LastIndexOfAny(s_endsOfNames) + 1)..].Contains("SSL", StringComparison.Ordinal));
    }

    private static HbaOrigin Network(string? address, bool isEncrypted) => new(isEncrypted ? "hostssl" : "host", address ?? "<this machine's address>");

    private string Line(string database, string who) => string.Join(' ', ((string?[])[Type, database, who, Address, Method]).OfType<string>());

    // Always: a name may be a word that has a meaning there, such as all.
    private static string Quoted(string name) => string.Concat("\"", name.Replace("\"", "\"\"", StringComparison.Ordinal), "\"");

    [GeneratedRegex("[0-9A-Fa-f.:]+")]
    private static partial Regex AddressLike();
}
