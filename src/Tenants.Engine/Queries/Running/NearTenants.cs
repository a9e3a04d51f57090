using Npgsql;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Queries.Running;

/// <summary>Finds the tenants that may have been meant where there is no such tenant.</summary>
internal static class NearTenants
{
    /// <summary>A sentence that names them, led by a space; nothing if none is near or the registry cannot be read.</summary>
    public static async ValueTask<string> SentenceAsync(QueryScope scope)
    {
        try
        {
            return NearNames.Sentence(scope.Tenant!, await CandidatesAsync(scope).ConfigureAwait(false));
        }
        catch (Exception e) when (ServerErrors.IsOurs(e) || e is TenantException)
        {
            // The first error is the one that matters.
            return "";
        }
    }

    // Any number of tenants may be there: only those of about the same length, or with the same beginning, are fetched.
    private static async Task<List<string>> CandidatesAsync(QueryScope scope)
    {
        var installation = await scope.Database.GetInstallationAsync(CancellationToken.None).ConfigureAwait(false);
        await using var connection = await scope.Database.OpenConnectionAsync(CancellationToken.None).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(
            $"""
            select t.id from {installation.QuotedSchema}.tenant t
            where pg_catalog.char_length(t.id) between pg_catalog.char_length($1) - 3 and pg_catalog.char_length($1) + 3
               or pg_catalog.starts_with(pg_catalog.lower(t.id), pg_catalog.lower($1))
            order by pg_catalog.lower(pg_catalog.left(t.id, 1)) <> pg_catalog.lower(pg_catalog.left($1, 1)), t.id
            limit 2000
            """,
            connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = scope.Tenant! } },
        };
        var names = new List<string>();
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }
}
