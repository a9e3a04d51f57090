using System.Globalization;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>Plans what lies in the database: the schema, its stamp and its three roles.</summary>
public static class InitializePlanner
{
    /// <summary>The plan, and what the database will hold once it has run.</summary>
    /// <param name="database">The database.</param>
    /// <param name="type">The type of tenant identifiers.</param>
    /// <param name="schema">The schema's name.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>SchemaNotOurs</c>, <c>TenantTypeMismatch</c>, <c>PermissionDenied</c> with the script that a DBA must run.</exception>
    public static async Task<(Plan Plan, Installation Installation)> PlanAsync(
        TenantDatabase database, TenantIdType? type, string schema = "tenants", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        if (await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false) is { } found)
        {
            if (type is { } asked && asked != found.TenantType)
            {
                throw new TenantException(
                    "TenantTypeMismatch",
                    TenantErrorKind.InvalidState,
                    $"The tenants of '{database.Database}' are of type {found.SqlType}, and that is fixed. Uninstall-TenantDatabase first to begin anew with {Installation.SqlTypeOf(asked)}.");
            }

            return (new Plan(database.Database, []), found);
        }

        return await database.UseAsync(
            async connection =>
            {
                await EnsureSchemaIsFreeAsync(connection, schema, cancellationToken).ConfigureAwait(false);
                var roles = await RolePlanner.PlanAsync(database, connection, cancellationToken).ConfigureAwait(false);
                var installation = new Installation(schema, Installation.CurrentVersion, type ?? TenantIdType.Text, roles.Owner, roles.Admin, roles.Session);
                var plan = new Plan(database.Database, [.. roles.Steps, .. SchemaSteps(installation)]) { ChangesInstallation = true };
                return (plan, installation);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>True for what a plan meets when another process initialises the same database at the same time: plan anew.</summary>
    /// <param name="exception">What the run threw.</param>
    public static bool IsRace(TenantException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);

        // Duplicate schema, table, object; the unique indexes of the catalog; a row of the catalog that was changed meanwhile.
        return exception.SqlState is "42P06" or "42P07" or "42710" or "23505" or "XX000";
    }

    private static async Task EnsureSchemaIsFreeAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select pg_catalog.to_regnamespace(pg_catalog.quote_ident($1)) is null", connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = schema } },
        };
        if (!(bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!)
        {
            throw new TenantException(
                "SchemaNotOurs",
                TenantErrorKind.AlreadyExists,
                $"The database has a schema '{schema}' that this module did not make. Name another one: Initialize-TenantDatabase -SchemaName tenancy.")
            {
                Target = schema,
            };
        }
    }

    /// <summary>The steps that make the schema, once the roles are there.</summary>
    internal static IEnumerable<PlanStep> SchemaSteps(Installation installation)
    {
        var schema = installation.QuotedSchema;
        var values = new Dictionary<string, string>
        {
            ["schema"] = schema,
            ["admin"] = Quote.Identifier(installation.AdminRole),
        };
        yield return new PlanStep("the module's own schema", $"create schema {schema} authorization {Quote.Identifier(installation.OwnerRole)}")
        {
            Down = $"drop schema {schema} cascade",
        };
        yield return new PlanStep("work as the owner of the schema", $"set local role {Quote.Identifier(installation.OwnerRole)}");
        yield return new PlanStep("the mark by which the schema is found", $"comment on schema {schema} is {Quote.Literal(InstallationReader.Mark)}");
        yield return new PlanStep("registry, logins and keys", SqlResource.Read("install.sql", values));
        yield return new PlanStep("enter() and current_tenant()", SqlResource.Read("functions.sql", values));
        yield return new PlanStep(
            "the stamp",
            $"""
            insert into {schema}.setting (name, value) values
                ('version', '{installation.Version.ToString(CultureInfo.InvariantCulture)}'),
                ('tenant_type', {Quote.Literal(installation.SqlType)}),
                ('owner_role', {Quote.Literal(installation.OwnerRole)}),
                ('admin_role', {Quote.Literal(installation.AdminRole)}),
                ('session_role', {Quote.Literal(installation.SessionRole)})
            """);
        yield return new PlanStep("back to the login", "reset role");
    }
}
