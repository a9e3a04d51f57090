using Npgsql;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Tenants;

/// <summary>What became of tenants that were to be created.</summary>
/// <param name="Created">Those that were.</param>
/// <param name="Failures">Those that were not, and why: <c>TenantAlreadyExists</c>, <c>TenantHasData</c>.</param>
public sealed record TenantCreation(IReadOnlyList<TenantInfo> Created, IReadOnlyList<TenantException> Failures)
{
    internal static async Task<TenantCreation> RunAsync(
        NpgsqlConnection connection,
        Installation installation,
        IReadOnlyList<(TenantId Tenant, string? DisplayName)> tenants,
        bool adopt,
        CancellationToken cancellationToken)
    {
        var failures = new List<TenantException>();
        var wanted = Distinct(tenants, failures);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);

        // Two that create the same tenant at once: the second waits here, and then finds it.
        var created = await InsertAsync(connection, installation, wanted, cancellationToken).ConfigureAwait(false);
        var made = created.Select(c => c.Tenant).ToHashSet(StringComparer.Ordinal);
        failures.AddRange(wanted.Where(w => !made.Contains(w.Tenant.Value)).Select(w => Exists(w.Tenant)));
        if (!adopt && made.Count > 0)
        {
            var inherited = await TenantData.FindAsync(connection, installation, [.. made], cancellationToken).ConfigureAwait(false);
            if (inherited.Count > 0)
            {
                await DeleteAsync(connection, installation, [.. inherited.Keys], cancellationToken).ConfigureAwait(false);
                created.RemoveAll(c => inherited.ContainsKey(c.Tenant));
                failures.AddRange(inherited.Select(i => HasData(i.Key, i.Value)));
            }
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return new TenantCreation(created, failures);
    }

    private static List<(TenantId Tenant, string? DisplayName)> Distinct(
        IReadOnlyList<(TenantId Tenant, string? DisplayName)> tenants, List<TenantException> failures)
    {
        var seen = new HashSet<TenantId>();
        var wanted = new List<(TenantId, string?)>(tenants.Count);
        foreach (var tenant in tenants)
        {
            if (seen.Add(tenant.Tenant))
            {
                wanted.Add(tenant);
            }
            else
            {
                failures.Add(Exists(tenant.Tenant));
            }
        }

        return wanted;
    }

    private static async Task<List<TenantInfo>> InsertAsync(
        NpgsqlConnection connection, Installation installation, List<(TenantId Tenant, string? DisplayName)> tenants, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            insert into {installation.QuotedSchema}.tenant (id, name)
            select t.id, t.name from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) with ordinality t(id, name, place) order by t.place
            on conflict (id) do nothing
            returning id, name, state, created_at
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string[]> { TypedValue = [.. tenants.Select(t => t.Tenant.Value)] },
                new NpgsqlParameter<string?[]> { TypedValue = [.. tenants.Select(t => t.DisplayName)] },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var created = new List<TenantInfo>(tenants.Count);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            created.Add(TenantRegistry.Read(reader));
        }

        return created;
    }

    private static async Task DeleteAsync(NpgsqlConnection connection, Installation installation, string[] tenants, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"delete from {installation.QuotedSchema}.tenant where id = any ($1)", connection)
        {
            Parameters = { new NpgsqlParameter<string[]> { TypedValue = tenants } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static TenantException Exists(TenantId tenant) => new(
        "TenantAlreadyExists", TenantErrorKind.AlreadyExists, $"The tenant '{tenant}' exists already. Get-Tenant shows it.")
    {
        Tenant = tenant.Value,
        Target = tenant.Value,
    };

    private static TenantException HasData(string tenant, string table) => new(
        "TenantHasData",
        TenantErrorKind.InvalidState,
        $"There are rows of a tenant '{tenant}' already, in {table} and maybe in others: who gets this identifier would see them. -Adopt takes them over; else choose another, or delete them.")
    {
        Tenant = tenant,
        Table = table,
        Target = tenant,
    };
}
