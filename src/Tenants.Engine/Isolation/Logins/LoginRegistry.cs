using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation.Keys;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>Makes, lists and extends the logins that tenants' SQL runs as. Works over the admin's connections.</summary>
/// <param name="database">The database.</param>
/// <param name="installation">What lies in it.</param>
public sealed class LoginRegistry(TenantDatabase database, Installation installation)
{
    private const string AllLogins = """
        select l.name::text, l.kind, l.tenant, l.created_by::text, l.created_at, l.expires_at,
               (select pg_catalog.count(*) from pg_catalog.pg_stat_activity a where a.usesysid = l.oid and a.usename = l.name)::integer,
               exists (select from pg_catalog.pg_roles r where r.oid = l.oid and r.rolname = l.name and r.rolcanlogin),
               l.adopted
        from {0}.login l
        order by l.kind, l.tenant, l.name
        """;

    /// <summary>Opens the registry of a database.</summary>
    /// <param name="database">The database.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>DatabaseNotInitialized</c>, <c>DatabaseOutdated</c>, <c>PermissionDenied</c>.</exception>
    public static async Task<LoginRegistry> OpenAsync(TenantDatabase database, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        var installation = await database.GetCurrentInstallationAsync(cancellationToken).ConfigureAwait(false);
        await database.UseAsync(connection => AdminRight.CheckAsync(connection, installation, cancellationToken), cancellationToken).ConfigureAwait(false);
        return new LoginRegistry(database, installation);
    }

    /// <summary>The logins that there are, with how they are used.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<IReadOnlyList<TenantLogin>> ListAsync(CancellationToken cancellationToken = default) => database.UseAsync<IReadOnlyList<TenantLogin>>(
        async connection =>
        {
            var logins = new List<TenantLogin>();
            await using var command = new NpgsqlCommand(AllLogins.Replace("{0}", installation.QuotedSchema, StringComparison.Ordinal), connection);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                logins.Add(new TenantLogin
                {
                    Name = reader.GetString(0),
                    Kind = Enum.Parse<TenantLoginKind>(reader.GetString(1), ignoreCase: true),
                    Tenant = reader.IsDBNull(2) ? null : reader.GetString(2),
                    CreatedBy = reader.GetString(3),
                    CreatedAt = reader.GetDateTime(4).ToLocalTime(),
                    ExpiresAt = reader.IsDBNull(5) ? null : reader.GetDateTime(5).ToLocalTime(),
                    Connections = reader.GetInt32(6),
                    CanLogin = reader.GetBoolean(7),
                    IsAdopted = reader.GetBoolean(8),
                });
            }

            return logins;
        },
        cancellationToken);

    /// <summary>Makes a login. What it proves itself by is told once: the server keeps a verifier of the password, and the key in a table that no login reads.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellationToken">Stops it; then nothing was made.</param>
    /// <exception cref="TenantException"><c>TenantNotFound</c>, <c>InvalidTenant</c>, <c>LoginExists</c>, <c>InvalidIdentifier</c>; <c>LoginUnfit</c> with every reason and its mend; <c>PermissionDenied</c> with the statements that a DBA must run.</exception>
    public async Task<LoginSecret> CreateAsync(LoginRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Tenant is { } tenant)
        {
            request = request with { Tenant = TenantId.Parse(tenant, installation.TenantType).Value };
        }

        var (secret, signer) = await MakeAsync(request, isJudged: true, cancellationToken).ConfigureAwait(false);
        signer?.Dispose();
        return secret;
    }

    /// <summary>Whether a request means a login that is there and would be taken over. Nothing is changed.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>LoginExists</c>, <c>LoginUnfit</c> where it is not to be taken over; <c>PermissionDenied</c>.</exception>
    public async Task<bool> TakesOverAsync(LoginRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request is { Kind: TenantLoginKind.App, Name: { } name } && await database.UseAsync(
            async connection => (await GroundAsync(connection, request with { TakeOver = true }, name, cancellationToken).ConfigureAwait(false)).Exists,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes a login, and for one that signs what signs for it.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="isJudged">It is looked at before it is there for anybody; false where the caller does that, or did it a moment ago.</param>
    /// <param name="cancellationToken">Stops it; then nothing was made.</param>
    internal Task<(LoginSecret Secret, TokenSigner? Signer)> MakeAsync(LoginRequest request, bool isJudged, CancellationToken cancellationToken) => database.UseAsync(
        async connection =>
        {
            var name = request.Name ?? RandomName(request.Kind);
            var quoted = Quote.Identifier(name);
            var session = Quote.Identifier(installation.SessionRole);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            var found = await GroundAsync(connection, request, name, cancellationToken).ConfigureAwait(false);
            var password = ScramVerifier.CreatePassword();
            var until = request.ValidFor is { } life ? found.ServerTime + life : (DateTime?)null;
            var limit = request.ConnectionLimit is { } connections ? $" connection limit {Number(connections)}" : "";
            var options = $"login password {Quote.Literal(ScramVerifier.Of(password))} valid until {Until(until)}{limit}";
            if (!found.Exists)
            {
                // One that is there stays as it is, its password above all: it is whoever's that made it.
                await ExecuteAsync(connection, $"create role {quoted} {options}", cancellationToken).ConfigureAwait(false);
            }

            if (!found.IsMember)
            {
                await ExecuteAsync(connection, RoleGrant.RightsOnly(database.ServerVersion, session, quoted), cancellationToken).ConfigureAwait(false);
            }

            if (isJudged)
            {
                await LoginFitness.EnsureAsync(connection, installation, name, found.Exists, cancellationToken).ConfigureAwait(false);
            }

            await RegisterAsync(connection, request, name, until, found.Exists, cancellationToken).ConfigureAwait(false);
            var (key, signer) = request.Kind == TenantLoginKind.Bound
                ? (null, null)
                : ((SigningKey?, TokenSigner?))await KeyMaker.CreateAsync(connection, installation, name, request.ValidFor, cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            var secret = new LoginSecret(name, found.Exists ? null : password)
            {
                IsAdopted = found.Exists,
                Kind = request.Kind,
                Tenant = request.Tenant,
                ExpiresAt = until?.ToLocalTime(),
                Key = request.Kind == TenantLoginKind.App ? key?.ToText() : null,
            };
            return (secret, signer);
        },
        cancellationToken);

    /// <summary>Removes a login, with all that it owns here, and ends its sessions. One that was taken over loses its keys and the rights of tenants' SQL, and stays.</summary>
    /// <param name="name">The login.</param>
    /// <param name="cancellationToken">Stops it; then it can log in no more, and another run goes on.</param>
    /// <returns>What a DBA has yet to run, for this admin may not; null for nothing.</returns>
    /// <exception cref="TenantException"><c>LoginNotFound</c>, <c>LoginInUse</c> where it owns something in another database, <c>PermissionDenied</c>.</exception>
    public Task<string?> RemoveAsync(string name, CancellationToken cancellationToken = default) =>
        new LoginRemoval(database, installation).RemoveAsync(name, cancellationToken);

    /// <summary>Makes another key for an app login; the ones that it had go on for a while, so that a service can change over as it runs.</summary>
    /// <param name="name">The login.</param>
    /// <param name="grace">How long the former keys go on.</param>
    /// <param name="cancellationToken">Stops it; then nothing has changed.</param>
    /// <exception cref="TenantException"><c>LoginNotFound</c>, <c>LoginHasNoKey</c>.</exception>
    public Task<LoginSecret> ResetKeyAsync(string name, TimeSpan grace, CancellationToken cancellationToken = default) => database.UseAsync(
        async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (var find = new NpgsqlCommand($"select kind from {installation.QuotedSchema}.login where name = $1 for update", connection)
            {
                Parameters = { new NpgsqlParameter { Value = name, NpgsqlDbType = NpgsqlDbType.Name } },
            })
            {
                var kind = await find.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as string;
                if (kind != "app")
                {
                    throw kind is null
                        ? new TenantException("LoginNotFound", TenantErrorKind.NotFound, $"'{name}' is no login of the tenants in '{database.Database}'. Get-TenantLogin lists them.") { Target = name }
                        : new TenantException(
                            "LoginHasNoKey",
                            TenantErrorKind.InvalidArgument,
                            kind == "bound"
                                ? $"'{name}' is bound to one tenant: it signs nothing, so it has no key."
                                : $"'{name}' belongs to a sealed connection, which replaces its key by itself.") { Target = name };
                }
            }

            var (key, signer) = await KeyMaker.CreateAsync(connection, installation, name, life: null, cancellationToken).ConfigureAwait(false);
            await KeyMaker.RetireAsync(connection, installation, name, grace, key.Id, cancellationToken).ConfigureAwait(false);
            var secret = new LoginSecret(name, Password: null) { Kind = TenantLoginKind.App, Key = key.ToText() };
            signer.Dispose();
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return secret;
        },
        cancellationToken);

    /// <summary>Lets a login live longer, counted from now.</summary>
    /// <exception cref="TenantException"><c>SessionLost</c>: somebody removed it.</exception>
    internal Task ExtendAsync(string name, TimeSpan life, CancellationToken cancellationToken) => database.UseAsync(
        async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using var command = new NpgsqlCommand(
                $"update {installation.QuotedSchema}.login set expires_at = pg_catalog.transaction_timestamp() + $2 where name = $1 returning expires_at", connection)
            {
                Parameters =
                {
                    new NpgsqlParameter { Value = name, NpgsqlDbType = NpgsqlDbType.Name },
                    new NpgsqlParameter<TimeSpan> { TypedValue = life },
                },
            };
            if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not DateTime until)
            {
                throw new TenantException(
                    "SessionLost",
                    TenantErrorKind.Connection,
                    $"The login '{name}' of this session was removed, by Remove-TenantLogin or together with its tenant. Make another session with New-TenantSession.")
                {
                    Target = name,
                };
            }

            await ExecuteAsync(connection, $"alter role {Quote.Identifier(name)} valid until {Until(until)}", cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        },
        cancellationToken);

    // What is there under the name, once it does not stand in the way.
    private async Task<LoginGround> GroundAsync(NpgsqlConnection connection, LoginRequest request, string name, CancellationToken cancellationToken)
    {
        // The server would cut a longer name, and find another's.
        _ = Quote.Identifier(name);
        var found = await LoginGround.ReadAsync(connection, installation, name, cancellationToken).ConfigureAwait(false);
        found.Check(database, installation, request, name);
        if (found.Exists)
        {
            await LoginAdoption.EnsureAsync(connection, installation, name, cancellationToken).ConfigureAwait(false);
        }

        return found;
    }

    private async Task RegisterAsync(
        NpgsqlConnection connection, LoginRequest request, string name, DateTime? until, bool isAdopted, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            insert into {installation.QuotedSchema}.login (oid, name, kind, tenant, expires_at, adopted)
            select r.oid, r.rolname, $2, $3, $4, $5 from pg_catalog.pg_roles r where r.rolname = $1
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = name, NpgsqlDbType = NpgsqlDbType.Name },
                new NpgsqlParameter<string> { TypedValue = request.Kind.ToString().ToLowerInvariant() },
                new NpgsqlParameter { Value = (object?)request.Tenant ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new NpgsqlParameter { Value = (object?)until ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new NpgsqlParameter<bool> { TypedValue = isAdopted },
            },
        };
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            throw NoTenant(request.Tenant);
        }
    }

    private string RandomName(TenantLoginKind kind) => RoleName.Of(
        LoginNames.Prefix(kind), $"{database.Database}_{Convert.ToHexString(RandomNumberGenerator.GetBytes(6)).ToLowerInvariant()}");

    private static TenantException NoTenant(string? tenant) => new(
        "TenantNotFound", TenantErrorKind.NotFound, $"There is no tenant '{tenant}'. Get-Tenant lists them; New-Tenant makes one.")
    {
        Tenant = tenant,
        Target = tenant,
    };

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Until(DateTime? until) =>
        until is { } time ? $"'{time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss.ffffff'+00'", CultureInfo.InvariantCulture)}'" : "'infinity'";

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
