using Npgsql;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Isolation;

/// <summary>Finds what lies in a database.</summary>
internal static class InstallationReader
{
    /// <summary>The comment on the schema by which it is found, whatever its name.</summary>
    internal const string Mark = "Tenants: many tenants in one database. Made by the PowerShell module Tenants.";

    // A schema counts as ours only if a role that cannot log in owns it: whoever may create schemas could copy the mark.
    private const string FindSchema = $"""
        select n.nspname
        from pg_catalog.pg_namespace n
        join pg_catalog.pg_roles r on r.oid = n.nspowner
        where pg_catalog.obj_description(n.oid, 'pg_namespace') = '{Mark}'
          and not r.rolcanlogin and not r.rolsuper
          and exists (select from pg_catalog.pg_class c where c.relnamespace = n.oid and c.relname = 'setting' and c.relowner = n.nspowner)
        order by n.nspname
        """;

    /// <summary>The installation, or null where the database was not initialised.</summary>
    /// <exception cref="TenantException">Two schemas claim to be it, or a later version of the module made it.</exception>
    public static async Task<Installation?> FindAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var schemas = new List<string>();
        await using (var find = new NpgsqlCommand(FindSchema, connection))
        await using (var reader = await find.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                schemas.Add(reader.GetString(0));
            }
        }

        if (schemas.Count == 0)
        {
            return null;
        }

        if (schemas.Count > 1)
        {
            throw new TenantException(
                "SchemaNotOurs",
                TenantErrorKind.InvalidState,
                $"Several schemas say that they are the module's: {string.Join(", ", schemas)}. Drop the ones that are not, or their comments.");
        }

        return await ReadAsync(connection, schemas[0], cancellationToken).ConfigureAwait(false);
    }

    private static async Task<Installation> ReadAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        await using (var read = new NpgsqlCommand($"select name, value from {Quote.Identifier(schema)}.setting", connection))
        await using (var reader = await read.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                settings[reader.GetString(0)] = reader.GetString(1);
            }
        }

        string[] needed = ["version", "tenant_type", "owner_role", "admin_role", "session_role"];
        if (!needed.All(settings.ContainsKey) || !int.TryParse(settings["version"], System.Globalization.CultureInfo.InvariantCulture, out var version))
        {
            throw new TenantException(
                "SchemaNotOurs",
                TenantErrorKind.InvalidState,
                $"The schema '{schema}' says that it is the module's, but its table 'setting' lacks what the module wrote there ({string.Join(", ", needed)}). Restore it from a backup.");
        }

        if (version > Installation.CurrentVersion)
        {
            throw new TenantException(
                "DatabaseTooNew",
                TenantErrorKind.NotSupported,
                $"A later version of the module Tenants initialised this database (stamp {version}; this module knows {Installation.CurrentVersion}). Update the module: Update-Module Tenants.");
        }

        return new Installation(
            schema,
            version,
            Enum.Parse<TenantIdType>(settings["tenant_type"], ignoreCase: true),
            settings["owner_role"],
            settings["admin_role"],
            settings["session_role"]);
    }
}
