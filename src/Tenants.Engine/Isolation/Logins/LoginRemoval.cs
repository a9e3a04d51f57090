using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>
/// Removes logins of the tenants: from then on they open no session and sign nothing, then what they own goes and they with it.
/// A login is touched only if OID and name both are those that were registered: either may have been given to somebody else.
/// One that was taken over is let go of, and never dropped.
/// </summary>
internal sealed class LoginRemoval(TenantDatabase database, Installation installation)
{
    private const int SweepLimit = 20;
    private const int Patience = 5000;

    private const string Find = """
        select l.oid, exists (select from pg_catalog.pg_roles r where r.oid = l.oid and r.rolname = l.name),
               l.adopted
        from {0}.login l where l.name = $1
        """;

    // Ours by name too: what an admin named himself is not swept. Who is connected is at work, expired or not.
    private const string Expired = """
        select l.name::text
        from {0}.login l
        where l.expires_at < pg_catalog.transaction_timestamp() and not l.adopted
          and (l.name like 'tenants\_shared\_%' or l.name like 'tenants\_bound\_%')
          and not exists (select from pg_catalog.pg_stat_activity a where a.usesysid = l.oid)
          -- From 16 on an admin cannot drop what another one made.
          and (not exists (select from pg_catalog.pg_roles r where r.oid = l.oid)
               or exists (select from pg_catalog.pg_roles self where self.rolname = session_user
                          and (self.rolsuper or (self.rolcreaterole and (pg_catalog.current_setting('server_version_num')::integer < 160000
                                                                         or pg_catalog.pg_has_role(session_user, l.oid, 'member with admin option'))))))
        -- In any order: one that cannot be dropped does not stand before the rest.
        order by pg_catalog.random()
        limit {1}
        """;

    /// <summary>Removes one, and ends its sessions.</summary>
    /// <param name="name">The login.</param>
    /// <param name="cancellationToken">Stops it; then it can log in no more, and another run goes on.</param>
    /// <returns>What a DBA has yet to run, for this admin may not; null for nothing.</returns>
    /// <exception cref="TenantException"><c>LoginNotFound</c>, <c>LoginInUse</c> where it owns something in another database, <c>PermissionDenied</c>.</exception>
    public Task<string?> RemoveAsync(string name, CancellationToken cancellationToken) => database.UseAsync(
        async connection =>
        {
            if (await FindAsync(connection, name, cancellationToken).ConfigureAwait(false) is not { } found)
            {
                throw new TenantException(
                    "LoginNotFound", TenantErrorKind.NotFound, $"'{name}' is no login of the tenants in '{database.Database}'. Get-TenantLogin lists them.")
                {
                    Target = name,
                };
            }

            if (found.IsAdopted)
            {
                return await LoginRelease.RunAsync(connection, installation, name, found.IsThere, cancellationToken).ConfigureAwait(false);
            }

            await CloseAsync(connection, name, found.IsThere, cancellationToken).ConfigureAwait(false);
            await DropAsync(connection, name, found.IsThere, cancellationToken).ConfigureAwait(false);
            return null;
        },
        cancellationToken);

    /// <summary>Removes logins that this process made, whatever stands in the way: what cannot go now is swept once it has expired.</summary>
    public async Task RemoveOwnAsync(NpgsqlConnection connection, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        foreach (var name in names)
        {
            try
            {
                if (await FindAsync(connection, name, cancellationToken).ConfigureAwait(false) is { IsAdopted: false } found)
                {
                    await DropAsync(connection, name, found.IsThere, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is TenantException || ServerErrors.IsOurs(e))
            {
                // Left for the sweep.
            }
        }
    }

    /// <summary>Removes what other processes left behind.</summary>
    public async Task SweepAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        try
        {
            await using var command = new NpgsqlCommand(
                Expired.Replace("{0}", installation.QuotedSchema, StringComparison.Ordinal).Replace("{1}", $"{SweepLimit}", StringComparison.Ordinal), connection);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                names.Add(reader.GetString(0));
            }
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            return;
        }

        await RemoveOwnAsync(connection, names, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Found?> FindAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, Find.Replace("{0}", installation.QuotedSchema, StringComparison.Ordinal), name);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? new Found(reader.GetBoolean(1), reader.GetBoolean(2)) : null;
    }

    // Committed by itself: whatever happens to the rest, the login is of no use from here on.
    private async Task CloseAsync(NpgsqlConnection connection, string name, bool isThere, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(Command(connection, $"select {installation.QuotedSchema}.retire_keys($1, interval '0', null)", name), cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(
            Command(connection, $"update {installation.QuotedSchema}.login set expires_at = pg_catalog.transaction_timestamp() where name = $1", name), cancellationToken).ConfigureAwait(false);
        if (isThere)
        {
            await using (var alter = new NpgsqlCommand($"alter role {Quote.Identifier(name)} nologin", connection))
            {
                await ExecuteAsync(alter, cancellationToken).ConfigureAwait(false);
            }

            await using var grant = new NpgsqlCommand(RoleGrant.ToSelf(connection, name), connection);
            await ExecuteAsync(grant, cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        if (isThere)
        {
            await ExecuteAsync(
                Command(connection, $"select pg_catalog.pg_terminate_backend(a.pid, {Patience}) from pg_catalog.pg_stat_activity a where a.usename = $1", name),
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task DropAsync(NpgsqlConnection connection, string name, bool isThere, CancellationToken cancellationToken)
    {
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);

            // Who sweeps at the same time leaves this one alone.
            await using (var take = Command(connection, $"select 1 from {installation.QuotedSchema}.login where name = $1 for update skip locked", name))
            {
                if (await take.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is null)
                {
                    return;
                }
            }

            await ExecuteAsync(Command(connection, $"select {installation.QuotedSchema}.retire_keys($1, interval '0', null)", name), cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(Command(connection, $"delete from {installation.QuotedSchema}.login where name = $1", name), cancellationToken).ConfigureAwait(false);
            if (isThere)
            {
                // A large object or a default privilege of a tenant's would block a plain DROP ROLE.
                await using var drop = new NpgsqlCommand(
                    $"{RoleGrant.ToSelf(connection, name)}; drop owned by {Quote.Identifier(name)}; drop role {Quote.Identifier(name)}", connection);
                await ExecuteAsync(drop, cancellationToken).ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DependentObjectsStillExist)
        {
            throw new TenantException(
                "LoginInUse",
                TenantErrorKind.InvalidState,
                $"The login '{name}' can log in no more, and signs nothing; but it owns something in another database of the cluster, so its role stays. Have a DBA run there, then run Remove-TenantLogin again: drop owned by {Quote.Identifier(name)};")
            {
                Target = name,
                Detail = e.Detail,
            };
        }
    }

    private sealed record Found(bool IsThere, bool IsAdopted);

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, string name) => new(sql, connection)
    {
        Parameters = { new NpgsqlParameter { Value = name, NpgsqlDbType = NpgsqlDbType.Name } },
    };

    private static async Task ExecuteAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command)
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
