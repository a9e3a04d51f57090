using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Comparing;

/// <summary>
/// Compares declared policies with those that stand, by the expressions as PostgreSQL writes them. To have it write a declared one
/// takes an empty temporary copy of the table, which not every login may make: then nobody can tell, and that is said.
/// </summary>
internal static class DeclaredPolicyComparer
{
    /// <summary>One difference for each declared policy that is missing or says something else.</summary>
    public static async Task<IReadOnlyList<TenantRlsDifference>> CompareAsync(
        NpgsqlConnection connection, Installation installation, ComparedTable table, CancellationToken cancellationToken)
    {
        if (table.Declared is not { Declared.Policies.Count: > 0 } declared)
        {
            return [];
        }

        var root = table.Root;
        var tenantTable = new TenantTable(root.Oid, root.Schema, root.Name, root.Kind, table.Column, 0, root.Column?.Type ?? "", true, true, false);
        var standing = await PolicyReader.ReadAsync(connection, [root.Oid], cancellationToken).ConfigureAwait(false);
        var differences = new List<TenantRlsDifference>();
        foreach (var request in declared.Declared.Policies.Select(p => AdminMark.Fill(p, installation)))
        {
            var same = standing.FirstOrDefault(p => p.Name == request.Name);
            var wanted = await ReadAsync(connection, tenantTable, request, cancellationToken).ConfigureAwait(false);
            if (wanted is null || same is null || !PolicyStatements.IsSame(same, wanted))
            {
                differences.Add(Of(table, tenantTable, request, wanted, same));
            }
        }

        return differences;
    }

    private static async Task<TenantPolicy?> ReadAsync(NpgsqlConnection connection, TenantTable table, PolicyRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await PolicyStatements.ReadAsync(connection, table, request, null, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.ReadOnlySqlTransaction)
        {
            return null;
        }
        catch (TenantException e) when (e.ErrorId == "PolicyExpressionInvalid")
        {
            return null;
        }
    }

    private static TenantRlsDifference Of(ComparedTable table, TenantTable tenantTable, PolicyRequest request, TenantPolicy? wanted, TenantPolicy? standing)
    {
        var isMissing = standing is null;
        var difference = DifferenceFactory.Of(
            table,
            table.Root,
            isMissing ? TenantRlsDifferenceKind.PolicyMissing : TenantRlsDifferenceKind.PolicyChanged,
            !isMissing && wanted is null ? TenantRlsSeverity.Information : TenantRlsSeverity.Error,
            (isMissing, wanted) switch
            {
                (true, _) => $"{table.Root.DisplayName} lacks the policy {request.Name}, which is declared.",
                (false, null) => $"Whether the policy {request.Name} of {table.Root.DisplayName} says what is declared cannot be told: this login may not have the server read its expression over that table, or the expression no longer fits it.",
                _ => $"The policy {request.Name} of {table.Root.DisplayName} says something else than is declared.",
            }) with
        {
            Name = request.Name,
            Expected = PolicyStatements.Text(tenantTable.QuotedName, wanted ?? PolicyStatements.Unread(tenantTable, request)),
            Actual = isMissing ? null : PolicyStatements.Text(tenantTable.QuotedName, standing!),
            Command = table.EnableCommand,
        };
        if (wanted is null)
        {
            return difference;
        }

        PlanStep[] steps = isMissing
            ? [PolicyStatements.Create(tenantTable.QuotedName, wanted)]
            : [PolicyStatements.Drop(tenantTable.QuotedName, standing!), PolicyStatements.Create(tenantTable.QuotedName, wanted)];
        return difference.MendedBy(steps);
    }
}
