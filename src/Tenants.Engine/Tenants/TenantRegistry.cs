using System.Runtime.CompilerServices;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Tenants;

/// <summary>The tenants of a database: found, listed, created.</summary>
public sealed class TenantRegistry
{
    private const string Columns = "id, name, state, created_at";

    // What is listed first comes soon; what comes later comes in larger pages. A page at a time, so that no statement
    // stays open while the consumer works on each.
    private const int FirstPage = 100;
    private const int LargestPage = 5000;

    private readonly TenantDatabase _database;
    private readonly Installation _installation;

    private TenantRegistry(TenantDatabase database, Installation installation)
    {
        _database = database;
        _installation = installation;
    }

    /// <summary>The type of identifiers.</summary>
    public TenantIdType TenantType => _installation.TenantType;

    /// <summary>Opens the registry of a database.</summary>
    /// <param name="database">The database.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>DatabaseNotInitialized</c>, <c>PermissionDenied</c> where the login is no admin.</exception>
    public static async Task<TenantRegistry> OpenAsync(TenantDatabase database, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        var installation = await database.GetInstallationAsync(cancellationToken).ConfigureAwait(false);
        return await database.UseAsync(
            async connection =>
            {
                await AdminRight.CheckAsync(connection, installation, cancellationToken).ConfigureAwait(false);
                return new TenantRegistry(database, installation);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>True if a name holds wildcards that no backtick makes plain.</summary>
    public static bool IsPattern(string name) => NamePattern.HasWildcards(name);

    /// <summary>The plain identifier of a name without wildcards, in which a backtick may stand before what would be one.</summary>
    public static string Unescape(string name) => NamePattern.Unescape(name);

    /// <summary>Checks an identifier.</summary>
    /// <param name="tenant">What the user gave.</param>
    /// <exception cref="TenantException"><c>InvalidTenant</c>.</exception>
    public TenantId Parse(string tenant) => TenantId.Parse(tenant, TenantType);

    /// <summary>One tenant, or null.</summary>
    /// <param name="tenant">Its identifier.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<TenantInfo?> FindAsync(TenantId tenant, CancellationToken cancellationToken = default)
    {
        var found = await QueryAsync($"where id = $1", [tenant.Value], cancellationToken).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>One tenant.</summary>
    /// <param name="tenant">Its identifier.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>TenantNotFound</c>, with near names.</exception>
    public async Task<TenantInfo> GetAsync(TenantId tenant, CancellationToken cancellationToken = default) =>
        await FindAsync(tenant, cancellationToken).ConfigureAwait(false)
        ?? throw await NotFoundAsync(tenant, cancellationToken).ConfigureAwait(false);

    /// <summary>The error for a tenant that is not there, with near names.</summary>
    /// <param name="tenant">Its identifier.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<TenantException> NotFoundAsync(TenantId tenant, CancellationToken cancellationToken = default)
    {
        var candidates = await NearAsync(tenant, cancellationToken).ConfigureAwait(false);
        return new TenantException(
            "TenantNotFound",
            TenantErrorKind.NotFound,
            $"There is no tenant '{tenant}' in '{_database.Database}'.{NearNames.Sentence(tenant.Value, candidates)} Get-Tenant lists them; New-Tenant makes one.")
        {
            Tenant = tenant.Value,
            Target = tenant.Value,
        };
    }

    /// <summary>The tenants whose identifiers fit a pattern with wildcards, in the order of the identifiers.</summary>
    /// <param name="pattern">The pattern; null for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async IAsyncEnumerable<TenantInfo> ListAsync(
        string? pattern, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var regex = pattern is null or "*" ? null : NamePattern.ToRegex(pattern);
        string? last = null;
        for (var size = FirstPage; ; size = Math.Min(size * 4, LargestPage))
        {
            var page = await QueryAsync(
                $"where ($1::text is null or id operator(pg_catalog.~) $1) and ($2::text is null or id > $2) order by id limit {size}",
                [regex, last],
                cancellationToken).ConfigureAwait(false);
            foreach (var tenant in page)
            {
                yield return tenant;
            }

            if (page.Count < size)
            {
                yield break;
            }

            last = page[^1].Tenant;
        }
    }

    /// <summary>How many tenants are active.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<long> CountActiveAsync(CancellationToken cancellationToken = default) => _database.UseAsync(
        async connection =>
        {
            await using var command = new NpgsqlCommand($"select pg_catalog.count(*) from {_installation.QuotedSchema}.tenant where state = 'active'", connection);
            return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        },
        cancellationToken);

    /// <summary>Creates tenants, all at once. One that cannot be made does not stop the others.</summary>
    /// <param name="tenants">The tenants and their names for people.</param>
    /// <param name="adopt">Take over rows that are there already.</param>
    /// <param name="cancellationToken">Stops it; none is made then.</param>
    public Task<TenantCreation> CreateAsync(
        IReadOnlyList<(TenantId Tenant, string? DisplayName)> tenants, bool adopt, CancellationToken cancellationToken = default) =>
        _database.UseAsync(
            connection => TenantCreation.RunAsync(connection, _installation, tenants, adopt, cancellationToken), cancellationToken);

    /// <summary>Removes a tenant.</summary>
    /// <param name="tenant">Its identifier.</param>
    /// <param name="options">What becomes of its rows.</param>
    /// <param name="onProgress">Told of each step.</param>
    /// <param name="cancellationToken">Stops it; the tenant stays.</param>
    /// <exception cref="TenantException"><c>TenantNotFound</c>, <c>TenantHasData</c>, <c>TenantInUse</c>.</exception>
    public async Task RemoveAsync(
        TenantId tenant, TenantRemovalOptions options, Action<TenantRemovalProgress>? onProgress = null, CancellationToken cancellationToken = default)
    {
        var info = await GetAsync(tenant, cancellationToken).ConfigureAwait(false);
        var removal = new TenantRemoval(_database, _installation, tenant, options, onProgress);
        await removal.RunAsync(info.State, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Counts the rows of a tenant, table by table; tables without any are left out.</summary>
    /// <param name="tenant">Its identifier.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<IReadOnlyList<TenantRowCount>> CountRowsAsync(TenantId tenant, CancellationToken cancellationToken = default) =>
        _database.UseAsync(connection => TenantData.CountAsync(connection, _installation, tenant, cancellationToken), cancellationToken);

    internal static TenantInfo Read(NpgsqlDataReader reader) => new(
        reader.GetString(0),
        reader.IsDBNull(1) ? null : reader.GetString(1),
        reader.GetString(2) == "active" ? TenantState.Active : TenantState.Closed,
        reader.GetDateTime(3).ToLocalTime());

    // All names where there are few. Of many, what follows the name's beginnings in the index: to look at a million for an error
    // would take a second, and a list with a thousand wrong names would take a quarter of an hour.
    private Task<List<string>> NearAsync(TenantId tenant, CancellationToken cancellationToken) => _database.UseAsync(
        async connection =>
        {
            var table = $"{_installation.QuotedSchema}.tenant";
            await using var command = new NpgsqlCommand(
                $"""
                with beginning as (
                    select distinct b.name collate "C" as name
                    from pg_catalog.unnest(array[$1, pg_catalog.lower($1), pg_catalog.upper($1), pg_catalog.initcap($1)]) w(name)
                    cross join lateral (values (pg_catalog.left(w.name, 2)), (pg_catalog.left(w.name, pg_catalog.char_length(w.name) - 1))) b(name)),
                candidate as (
                    (select t.id from {table} t limit 2000)
                    union
                    select f.id from beginning b cross join lateral (select t.id from {table} t where t.id >= b.name order by t.id limit 500) f)
                select c.id from candidate c
                where pg_catalog.char_length(c.id) between pg_catalog.char_length($1) - 3 and pg_catalog.char_length($1) + 3
                   or pg_catalog.starts_with(pg_catalog.lower(c.id), pg_catalog.lower($1))
                """,
                connection)
            {
                Parameters = { new NpgsqlParameter<string> { TypedValue = tenant.Value } },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            var names = new List<string>();
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                names.Add(reader.GetString(0));
            }

            return names;
        },
        cancellationToken);

    private Task<List<TenantInfo>> QueryAsync(string clause, string?[] parameters, CancellationToken cancellationToken) => _database.UseAsync(
        async connection =>
        {
            await using var command = new NpgsqlCommand($"select {Columns} from {_installation.QuotedSchema}.tenant {clause}", connection);
            foreach (var parameter in parameters)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = (object?)parameter ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
            }

            await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            var found = new List<TenantInfo>();
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                found.Add(Read(reader));
            }

            return found;
        },
        cancellationToken);
}
