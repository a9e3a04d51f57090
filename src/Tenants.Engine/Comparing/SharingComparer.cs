using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Comparing;

/// <summary>Compares shared tables with how they were shared, or are declared to be; and finds what tenants' SQL reaches besides.</summary>
internal static class SharingComparer
{
    /// <summary>The difference of a table that is shared, or is to be; null where there is none.</summary>
    /// <param name="connection">A connection that is in no transaction.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="sharing">The table, and how it ought to be shared.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<TenantRlsDifference?> CompareAsync(
        NpgsqlConnection connection, Installation installation, ComparedSharing sharing, CancellationToken cancellationToken)
    {
        var (oid, wanted, isDeclared) = sharing;
        var table = await SharedCandidate.ReadAsync(connection, installation, true, oid, cancellationToken).ConfigureAwait(false);
        if (wanted is not null && table is { IsTenantTable: true, Writable: null })
        {
            return KeptApart(table);
        }

        PlanStep[] steps = [.. wanted is { } writable
            ? SharedTablePlanner.GrantSteps(table, installation, writable)
            : SharedTablePlanner.RevokeSteps(table, installation)];
        if (steps.Length == 0)
        {
            return null;
        }

        var expected = wanted is { } may ? SharedCandidate.Rights(may) : [];
        var isWider = table.Granted.Except(expected).Any();
        return new TenantRlsDifference
        {
            Table = table.DisplayName,
            Kind = TenantRlsDifferenceKind.SharingChanged,

            // What all tenants write is a way from one to another.
            Severity = isWider && wanted is not null ? TenantRlsSeverity.Critical : wanted is null ? TenantRlsSeverity.Warning : TenantRlsSeverity.Error,
            Name = installation.SessionRole,
            Expected = wanted is null ? null : $"shared: {string.Join(", ", expected)}",
            Actual = table.Writable is null && table.Granted.Length == 0 ? null : $"{(table.Writable is null ? "not shared" : "shared")}: {string.Join(", ", table.Granted.Order(StringComparer.Ordinal))}",
            Description = wanted is null ? $"{table.DisplayName} is shared with all tenants, and is not declared so."
                : isDeclared && table.Writable != wanted ? $"{table.DisplayName} is not shared as it is declared."
                : isWider ? $"Tenants' SQL may do more with the shared table {table.DisplayName} than it was shared for."
                : $"Tenants' SQL lacks a right on the shared table {table.DisplayName}.",
            Command = wanted is null ? $"Revoke-TenantTable {TableCheck.PowerShellText(table.DisplayName)}" : $"Grant-TenantTable {TableCheck.PowerShellText(table.DisplayName)}{(wanted == true ? " -Writable" : "")}",
        }.MendedBy(steps);
    }

    private static TenantRlsDifference KeptApart(SharedCandidate table) => new()
    {
        Table = table.DisplayName,
        Kind = TenantRlsDifferenceKind.SharingChanged,
        Severity = TenantRlsSeverity.Error,
        Expected = "shared",
        Actual = "a table with row security",
        Description = $"{table.DisplayName} is declared as shared, and has row security: each tenant sees what its policies let it see.",
        Command = $"Disable-TenantRls {TableCheck.PowerShellText(table.DisplayName)}",
    };

    /// <summary>Relations that tenants' SQL has rights on though they neither keep tenants apart nor are shared.</summary>
    public static TenantRlsDifference Unknown(Installation installation, string schema, string name, char kind, string rights)
    {
        var quoted = Quote.Identifier(schema, name);
        var display = TableName.Format(schema, name);

        // A view shows what its owner may see, and under FORCE that is no row; all else shows all rows.
        var isView = kind == 'v';
        return new TenantRlsDifference
        {
            Table = display,
            Kind = TenantRlsDifferenceKind.RightSurplus,
            Severity = isView ? TenantRlsSeverity.Warning : TenantRlsSeverity.Critical,
            Name = installation.SessionRole,
            Actual = rights,
            Description = isView
                ? $"Tenants' SQL has rights on the view {display} ({rights}), which is not shared."
                : $"Tenants' SQL has rights on {display} ({rights}), which keeps no tenants apart and is not shared: every tenant reaches all rows.",
            Command = $"Grant-TenantTable {TableCheck.PowerShellText(display)}",
        }.MendedBy([new PlanStep("no rights for tenants' SQL", $"revoke {rights} on {quoted} from {Quote.Identifier(installation.SessionRole)}")]);
    }
}
