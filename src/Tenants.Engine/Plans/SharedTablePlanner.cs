using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>Plans the tables without tenants that tenants' SQL may use: country, plan and the like.</summary>
public static class SharedTablePlanner
{
    /// <summary>The plan that shares a table; empty where it is shared so already.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The table.</param>
    /// <param name="writable">Tenants' SQL may write it too.</param>
    /// <param name="force">Share a view even if it can show other tenants' rows.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>TableNotShareable</c>; without <paramref name="force"/> <c>ViewOpensTenants</c>.</exception>
    public static Task<Plan> GrantAsync(
        TenantDatabase database, TableInfo table, bool writable, bool force, CancellationToken cancellationToken = default) =>
        GrantAsync(database, table, writable, force, null, cancellationToken);

    /// <inheritdoc cref="GrantAsync(TenantDatabase, TableInfo, bool, bool, CancellationToken)"/>
    internal static async Task<Plan> GrantAsync(
        TenantDatabase database, TableInfo table, bool writable, bool force, Assumptions? assumed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(table);
        var installed = await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false);
        var installation = installed ?? assumed?.Installation ?? await database.GetInstallationAsync(cancellationToken).ConfigureAwait(false);
        var candidate = await database.UseAsync(
            c => SharedCandidate.ReadAsync(c, installation, installed is not null, table.Oid, cancellationToken), cancellationToken).ConfigureAwait(false);
        EnsureShareable(candidate, installation);
        var warnings = Warnings(candidate).ToList();
        if (warnings.Count > 0 && candidate.TenantTables.Length > 0 && !force && candidate.Writable is null)
        {
            throw new TenantException("ViewOpensTenants", TenantErrorKind.InvalidState, $"{warnings[0]} Give -Force if that is what you want.")
            {
                Table = candidate.DisplayName,
            };
        }

        var steps = GrantSteps(candidate, installation, writable).ToList();
        return new Plan(candidate.DisplayName, steps) { Warnings = steps.Count > 0 ? warnings : [] };
    }

    /// <summary>The plan that takes a shared table back; empty where it is not shared.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The table.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>TableNotShareable</c> for a tenant table: its rights are not ours to take here.</exception>
    public static async Task<Plan> RevokeAsync(TenantDatabase database, TableInfo table, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(table);
        var installation = await database.GetInstallationAsync(cancellationToken).ConfigureAwait(false);
        var candidate = await database.UseAsync(
            c => SharedCandidate.ReadAsync(c, installation, table.Oid, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (candidate.Writable is null && candidate.IsTenantTable)
        {
            throw Refuse(candidate, "it keeps tenants apart; Disable-TenantRls takes that back");
        }

        return new Plan(candidate.DisplayName, [.. RevokeSteps(candidate, installation)]);
    }

    private static void EnsureShareable(SharedCandidate candidate, Installation installation)
    {
        var reason = candidate switch
        {
            { Kind: not ('r' or 'p' or 'v' or 'm' or 'f') } => "it is neither a table nor a view",
            { IsTemporary: true } => "a temporary table is one session's",
            { Schema: "pg_catalog" or "information_schema" or "pg_toast" } => "it is a system table",
            { IsTenantTable: true } => "it has row security: a tenant table's rights come with Enable-TenantRls",
            _ when candidate.Schema == installation.Schema => "it is the module's own",
            _ => null,
        };
        if (reason is not null)
        {
            throw Refuse(candidate, reason);
        }
    }

    private static TenantException Refuse(SharedCandidate candidate, string reason) =>
        new("TableNotShareable", TenantErrorKind.InvalidArgument, $"{candidate.DisplayName} is not a shared table: {reason}.") { Table = candidate.DisplayName };

    private static IEnumerable<string> Warnings(SharedCandidate candidate)
    {
        var shows = string.Join(", ", candidate.TenantTables);
        switch (candidate.Kind)
        {
            case 'm' when candidate.TenantTables.Length > 0:
                yield return $"The materialized view {candidate.DisplayName} holds copies of rows of {shows}, of all tenants, and no policy can keep them apart: sharing it shows them to every tenant.";
                break;
            case 'v' when candidate.TenantTables.Length > 0 && !candidate.IsInvoker:
                yield return $"The view {candidate.DisplayName} reads {shows} as its owner, so a tenant sees in it what the owner may. From PostgreSQL 15 on let it read as whoever asks: alter view {candidate.QuotedName} set (security_invoker = true)";
                break;
            case 'f':
                yield return $"The foreign table {candidate.DisplayName} reads another server as the user that is mapped there, and no policy of this database holds for what it shows.";
                break;
        }
    }

    /// <summary>What a relation lacks to be shared so; nothing where it is.</summary>
    internal static IEnumerable<PlanStep> GrantSteps(SharedCandidate candidate, Installation installation, bool writable)
    {
        var role = Quote.Identifier(installation.SessionRole);
        var name = candidate.QuotedName;
        var registry = $"{installation.QuotedSchema}.shared_table";
        if (candidate.Writable != writable)
        {
            yield return new PlanStep(
                "a shared table",
                $"""
                insert into {registry} (oid, writable) values ({Quote.Literal(name)}::pg_catalog.regclass::pg_catalog.oid, {(writable ? "true" : "false")})
                on conflict (oid) do update set writable = excluded.writable
                """)
            {
                Down = Unregister(registry, name),
                Lock = LockLevel.RowExclusive,
                LockedTable = registry,
            };
        }

        if (!candidate.HasSchemaUsage)
        {
            var schema = Quote.Identifier(candidate.Schema);
            yield return new PlanStep("tenants' SQL may use its schema", $"grant usage on schema {schema} to {role}") { Down = $"revoke usage on schema {schema} from {role}" };
        }

        var rights = SharedCandidate.Rights(writable);
        if (rights.Except(candidate.Granted).ToList() is { Count: > 0 } missing)
        {
            yield return GrantStep(missing, name, role);
        }

        if (candidate.Granted.Except(rights).ToList() is { Count: > 0 } surplus)
        {
            yield return RevokeStep(surplus, name, role);
        }

        foreach (var sequence in writable && candidate.Writable != true ? candidate.Sequences : [])
        {
            yield return new PlanStep("an insert draws its number from it", $"grant usage on sequence {sequence} to {role}") { Down = $"revoke usage on sequence {sequence} from {role}" };
        }
    }

    /// <summary>What takes a shared relation back; nothing where it is not shared.</summary>
    internal static IEnumerable<PlanStep> RevokeSteps(SharedCandidate candidate, Installation installation)
    {
        if (candidate.Writable is null)
        {
            yield break;
        }

        var role = Quote.Identifier(installation.SessionRole);
        var registry = $"{installation.QuotedSchema}.shared_table";
        yield return new PlanStep("no longer shared", Unregister(registry, candidate.QuotedName)) { Lock = LockLevel.RowExclusive, LockedTable = registry };

        // Made a tenant table in the meantime, it keeps the rights that belong to that.
        if (candidate.IsTenantTable)
        {
            yield break;
        }

        if (candidate.Granted.Length > 0)
        {
            yield return RevokeStep(candidate.Granted, candidate.QuotedName, role);
        }

        foreach (var sequence in candidate.Writable == true ? candidate.Sequences : [])
        {
            yield return new PlanStep("nobody inserts any more", $"revoke usage on sequence {sequence} from {role}") { Down = $"grant usage on sequence {sequence} to {role}" };
        }

        if (candidate.OtherGrants == 0)
        {
            var schema = Quote.Identifier(candidate.Schema);
            yield return new PlanStep("nothing else in the schema is theirs", $"revoke usage on schema {schema} from {role}") { Down = $"grant usage on schema {schema} to {role}" };
        }
    }

    private static string Unregister(string registry, string name) =>
        $"delete from {registry} where oid = {Quote.Literal(name)}::pg_catalog.regclass::pg_catalog.oid";

    private static PlanStep GrantStep(IEnumerable<string> rights, string table, string role)
    {
        var list = string.Join(", ", rights);
        return new PlanStep("tenants' SQL may use it", $"grant {list} on {table} to {role}") { Down = $"revoke {list} on {table} from {role}" };
    }

    private static PlanStep RevokeStep(IEnumerable<string> rights, string table, string role)
    {
        var list = string.Join(", ", rights);
        return new PlanStep("tenants' SQL may not use it so", $"revoke {list} on {table} from {role}") { Down = $"grant {list} on {table} to {role}" };
    }
}
