using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Comparing;

/// <summary>Tells of rows without a tenant, where the column lets there be any.</summary>
internal static class RowComparer
{
    /// <summary>The difference; null where every row has a tenant, or nobody can tell.</summary>
    public static async Task<TenantRlsDifference?> CompareAsync(
        NpgsqlConnection connection, Installation installation, ComparedTable table, TableLeftovers leftovers, CancellationToken cancellationToken)
    {
        // From 18 on a NOT NULL that was never checked counts as one.
        var isSure = table.Family.Members.All(m => m.Column is null or { IsNotNull: true }) && leftovers.Constraints.Count == 0;
        if (table.Root.Column is null || isSure
            || await RowProbe.HasRowsWithoutTenantAsync(connection, installation, table.Root, cancellationToken).ConfigureAwait(false) != true)
        {
            return null;
        }

        var difference = DifferenceFactory.Of(
            table,
            table.Root,
            TenantRlsDifferenceKind.RowsWithoutTenant,
            TenantRlsSeverity.Error,
            $"{table.Root.DisplayName} has rows without a tenant, which nobody but admins sees.") with
        {
            Name = table.Column,
            Expected = "every row has a tenant",
            Actual = "rows without one",
            Command = $"{table.EnableCommand} -DefaultTenant {(table.Request.DefaultTenant is { } named ? TableCheck.PowerShellText(named) : "…")}",
        };

        // Whose they are is for people to say.
        return table.Request.DefaultTenant is not { } tenant ? difference : difference.MendedBy(
        [
            new PlanStep($"rows without a tenant become {tenant}'s", $"update {table.Root.QuotedName} set {Quote.Identifier(table.Column)} = {Quote.Literal(tenant)} where {Quote.Identifier(table.Column)} is null")
            {
                Lock = LockLevel.RowExclusive,
                LockedTable = table.Root.QuotedName,
            },
        ]);
    }
}
