using Npgsql;
using Tenants.Engine.Errors;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Connections;

/// <summary>Checks the schema that a connection was asked to work in: the server takes a search path that leads nowhere.</summary>
internal static class DefaultSchema
{
    /// <summary>Checks that the schema is there and may be used.</summary>
    /// <exception cref="TenantException"><c>SchemaNotFound</c> with near names, <c>PermissionDenied</c> with the grant.</exception>
    public static async Task CheckAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        var usable = await FindAsync(connection, schema, cancellationToken).ConfigureAwait(false);
        if (usable is null)
        {
            throw new TenantException(
                "SchemaNotFound",
                TenantErrorKind.NotFound,
                $"The database '{connection.Database}' has no schema '{schema}'.{NearNames.Sentence(schema, await ListAsync(connection, cancellationToken).ConfigureAwait(false))} The case counts.")
            {
                Target = schema,
            };
        }

        if (usable is false)
        {
            throw new TenantException(
                "PermissionDenied",
                TenantErrorKind.PermissionDenied,
                $"The login '{connection.UserName}' may not use the schema '{schema}'. Have its owner run: grant usage on schema {Quote.Identifier(schema)} to {Quote.Identifier(connection.UserName ?? "")};")
            {
                Target = schema,
            };
        }
    }

    private static async Task<bool?> FindAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select pg_catalog.has_schema_privilege(n.oid, 'usage') from pg_catalog.pg_namespace n where n.nspname = $1", connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = schema } },
        };
        return (bool?)await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<List<string>> ListAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select nspname::text from pg_catalog.pg_namespace where nspname !~ '^pg_'", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var names = new List<string>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }
}
