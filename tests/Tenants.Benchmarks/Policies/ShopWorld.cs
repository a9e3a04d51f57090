using System.Globalization;
using Npgsql;
using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Policies;

/// <summary>
/// Customers, orders and their lines of many tenants, twice: with the module's policies, and the same rows and indexes without. The tenants
/// are of one size, or, by Zipf's law, the second has half of what the first has, the third a third.
/// </summary>
internal sealed class ShopWorld : IAsyncDisposable
{
    private readonly BenchDatabase _database;

    private ShopWorld(BenchDatabase database, string tenant, NpgsqlConnection scoped, NpgsqlConnection plain) =>
        (_database, Tenant, Scoped, Plain) = (database, tenant, scoped, plain);

    /// <summary>The tenant that asks.</summary>
    public string Tenant { get; }

    /// <summary>A connection of the tenant's, which the policies bind.</summary>
    public NpgsqlConnection Scoped { get; }

    /// <summary>A connection to the tables without policies.</summary>
    public NpgsqlConnection Plain { get; }

    /// <summary>Makes it.</summary>
    /// <param name="bench">The server.</param>
    /// <param name="isSkewed">By Zipf's law; the tenant that asks is the largest.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<ShopWorld> CreateAsync(Bench bench, bool isSkewed, CancellationToken cancellationToken)
    {
        var database = await BenchDatabase.CreateAsync(bench, isSkewed ? "bench_zipf" : "bench_even", cancellationToken);
        var tenants = bench.IsQuick ? 100 : 1_000;

        // floor(n^u) of an even u is a rank by Zipf's law; the golden ratio spreads u evenly and the same in each run.
        var tenant = isSkewed ? $"floor(power({tenants}, (i * 0.6180339887) % 1))::int" : $"1 + i % {tenants}";
        foreach (var schema in new[] { "public", "plain" })
        {
            await database.ExecuteAsync(
                $"""
                create schema if not exists {schema};
                set local search_path = {schema};
                create table customer as select 'tenant' || {tenant} as tenant, i as id, 'customer ' || i as name from generate_series(1, {bench.Rows / 20}) i;
                create table purchase as select c.tenant, i as id, c.id as customer_id, timestamptz '2026-01-01Z' + i * interval '1 minute' as placed
                    from generate_series(1, {bench.Rows / 5}) i join customer c on c.id = 1 + i % {bench.Rows / 20};
                create table line as select p.tenant, i as id, p.id as purchase_id, i % 1000 / 10.0 as amount
                    from generate_series(1, {bench.Rows}) i join purchase p on p.id = 1 + i % {bench.Rows / 5};
                alter table customer alter tenant set not null, add primary key (tenant, id);
                alter table purchase alter tenant set not null, add primary key (tenant, id);
                alter table line alter tenant set not null, add primary key (tenant, id);
                create index on purchase (tenant, customer_id);
                create index on purchase (tenant, placed);
                create index on line (tenant, purchase_id);
                """,
                cancellationToken);
        }

        var name = isSkewed ? "tenant1" : "tenant7";
        database.Shell.Run("'customer', 'purchase', 'line' | ForEach-Object { Enable-TenantRls $_ -WarningAction Ignore | Out-Null }; New-Tenant $args[0] -Adopt | Out-Null", name);
        await database.ExecuteAsync("vacuum analyze", cancellationToken);
        var login = database.Shell.Run("$login = New-TenantLogin -Tenant $args[0] -WarningAction Ignore; $login.Name; $login.Credential.GetNetworkCredential().Password", name);
        var scoped = new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            Username = (string)login[0].BaseObject, Password = (string)login[1].BaseObject, Pooling = false,
        };
        return new ShopWorld(
            database,
            name,
            await OpenAsync(scoped.ConnectionString, cancellationToken),
            await OpenAsync(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Options = "-c search_path=plain", Pooling = false }.ConnectionString, cancellationToken));
    }

    /// <summary>A number of the tenant's: a customer, say.</summary>
    public async Task<int> NumberAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, Scoped);
        return Convert.ToInt32(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Scoped.DisposeAsync();
        await Plain.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }
}
