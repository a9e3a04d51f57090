using Npgsql;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Scripts;

/// <summary>
/// As the login itself, with all rows in sight: a superuser lends BYPASSRLS, for this transaction alone, to it and to every role that it can
/// become or whose functions and views it calls. It has the login's rights and no others, and no table is locked.
/// </summary>
/// <param name="login">The login.</param>
/// <param name="isConnected">The connected superuser is it.</param>
internal sealed class LentSight(string login, bool isConnected) : ISight
{
    // A superuser is a member of all roles; those that own something are enough for him.
    private const string Blind = """
        select r.rolname::text
        from pg_catalog.pg_roles r
        where not r.rolsuper and not r.rolbypassrls and r.rolname !~ '^pg_'
          and ((not (select s.rolsuper from pg_catalog.pg_roles s where s.rolname = $1) and pg_catalog.pg_has_role($1, r.oid, 'MEMBER'))
              or exists (select from pg_catalog.pg_class c where c.relowner = r.oid)
              or exists (select from pg_catalog.pg_proc p where p.proowner = r.oid and p.prosecdef))
        """;

    /// <inheritdoc/>
    public string? Return => isConnected ? null : $"set local session authorization {Quote.Identifier(login)}";

    /// <inheritdoc/>
    public bool DemandsAllRows => true;

    /// <inheritdoc/>
    public async Task EnterAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var blind = new List<string>();
        await using (var command = new NpgsqlCommand(Blind, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = login } } })
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                blind.Add(reader.GetString(0));
            }
        }

        foreach (var role in blind)
        {
            await ScriptSession.ExecuteAsync(connection, $"alter role {Quote.Identifier(role)} bypassrls", cancellationToken).ConfigureAwait(false);
        }

        if (Return is { } enter)
        {
            await ScriptSession.ExecuteAsync(connection, enter, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task RenewAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => Task.CompletedTask;
}
