using System.Globalization;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>Plans what brings an older stamp up to date.</summary>
public static class UpdatePlanner
{
    // One embedded file for each version after the first, run as the owner of the schema.
    private static readonly string[] s_updates = ["update-2.sql"];

    /// <summary>The plan; empty where the stamp is that of this module.</summary>
    /// <param name="database">The database.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>DatabaseNotInitialized</c>, <c>DatabaseTooNew</c>.</exception>
    public static async Task<Plan> PlanAsync(TenantDatabase database, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);

        // Another process may have updated it since this one looked.
        await database.ForgetInstallationAsync().ConfigureAwait(false);
        var installation = await database.GetInstallationAsync(cancellationToken).ConfigureAwait(false);
        return new Plan(database.Database, [.. Steps(installation)]) { ChangesInstallation = true };
    }

    /// <summary>The steps; none where the stamp is that of this module.</summary>
    internal static IEnumerable<PlanStep> Steps(Installation installation)
    {
        if (installation.Version == Installation.CurrentVersion)
        {
            yield break;
        }

        yield return new PlanStep("work as the owner of the schema", $"set local role {Quote.Identifier(installation.OwnerRole)}");
        foreach (var file in s_updates.Skip(installation.Version - 1))
        {
            yield return new PlanStep("from one version to the next", SqlResource.Read(file, Values(installation)));
        }

        yield return new PlanStep("enter() and current_tenant()", FunctionsSql(installation));
        var version = Quote.Literal(Installation.CurrentVersion.ToString(CultureInfo.InvariantCulture));
        yield return new PlanStep("the stamp", $"update {installation.QuotedSchema}.setting set value = {version} where name = 'version'");
        yield return new PlanStep("back to the login", "reset role");
    }
    /// <summary>The module's functions, as SQL makes them.</summary>
    internal static string FunctionsSql(Installation installation) => SqlResource.Read("functions.sql", Values(installation));

    /// <summary>The steps that make the module's functions what they must be, whatever somebody made of them.</summary>
    internal static IEnumerable<PlanStep> FunctionSteps(Installation installation) =>
    [
        new PlanStep("work as the owner of the schema", $"set local role {Quote.Identifier(installation.OwnerRole)}"),
        new PlanStep("enter() and current_tenant()", FunctionsSql(installation)),
        new PlanStep("back to the login", "reset role"),
    ];

    private static Dictionary<string, string> Values(Installation installation) => new()
    {
        ["schema"] = installation.QuotedSchema,
        ["admin"] = Quote.Identifier(installation.AdminRole),
    };
}
