using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Comparing;

/// <summary>One comparison: what its parts share.</summary>
internal sealed class Comparison(TenantDatabase database, NpgsqlConnection connection, Installation installation)
{
    /// <summary>The differences of shared tables.</summary>
    public async Task<IReadOnlyList<TenantRlsDifference>> SharedAsync(ComparedScope scope, CancellationToken cancellationToken)
    {
        var differences = new List<TenantRlsDifference>();
        foreach (var table in scope.Shared)
        {
            if (await SharingComparer.CompareAsync(connection, installation, table, cancellationToken).ConfigureAwait(false) is { } difference)
            {
                differences.Add(difference);
            }
        }

        return differences;
    }

    /// <summary>The differences of tables, table by table.</summary>
    public async Task<IReadOnlyList<TenantRlsDifference>> TablesAsync(ComparedScope scope, CancellationToken cancellationToken)
    {
        var members = scope.Tables.SelectMany(t => t.Family.Members.Concat(t.Family.Foreign)).ToList();
        string[] schemas = [.. members.Select(m => m.Schema).Distinct()];
        var taken = await IndexNames.TakenAsync(connection, schemas, cancellationToken).ConfigureAwait(false);
        var roles = await TenantRoles.ReadAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        var grants = await GrantReader.ReadAsync(connection, installation, roles, [.. members.Select(m => m.Oid).Distinct()], cancellationToken).ConfigureAwait(false);
        var leftovers = await LeftoverReader.ReadAsync(connection, installation, scope.Tables, cancellationToken).ConfigureAwait(false);
        var comparer = new TableComparer(installation, database.ServerVersion, taken);
        var differences = new List<TenantRlsDifference>();
        foreach (var table in scope.Tables)
        {
            var left = leftovers[table.Root.Oid];
            if (ComparedTable.IsBare(table.Root))
            {
                // What is prepared and not enforced yet, nobody needs to be told as a table that was forgotten.
                differences.AddRange(left.Triggers.Count > 0 ? LeftoverComparer.Compare(table, left) : comparer.Compare(table, left).Select(d => WithReach(table, grants, d)));
                continue;
            }

            if (DeclarationComparer.Undeclared(table) is { } undeclared)
            {
                differences.Add(undeclared);
            }

            if (ColumnTypeComparer.Compare(installation, database.ServerVersion, table) is { } type)
            {
                differences.Add(type);
            }

            // Rows get their tenant before the column demands one.
            var rows = await RowComparer.CompareAsync(connection, installation, table, left, cancellationToken).ConfigureAwait(false);
            if (rows is not null)
            {
                differences.Add(rows);
            }

            differences.AddRange(comparer.Compare(table, left));
            differences.AddRange(LeftoverComparer.Compare(table, left));
            differences.AddRange(RightsComparer.Compare(installation, table, grants));
            differences.AddRange(await DeclaredPolicyComparer.CompareAsync(connection, installation, table, cancellationToken).ConfigureAwait(false));
            differences.AddRange(PolicyComparer.Compare(installation, table, roles));
        }

        return differences;
    }

    /// <summary>What tenants' SQL has rights on beside all that.</summary>
    public async Task<IReadOnlyList<TenantRlsDifference>> GrantedAsync(ComparedScope scope, CancellationToken cancellationToken)
    {
        if (!scope.IsAll)
        {
            return [];
        }

        uint[] known = [.. scope.Tables.SelectMany(t => t.Family.Members.Concat(t.Family.Foreign)).Select(m => m.Oid).Concat(scope.Shared.Select(s => s.Oid)).Distinct()];
        var relations = await OtherRelations.GrantedAsync(connection, installation, known, cancellationToken).ConfigureAwait(false);
        return [.. relations.Select(r => SharingComparer.Unknown(installation, r.Schema, r.Name, r.Kind, r.Rights))];
    }

    // A right of PUBLIC's is tenants' too. It goes with what makes it a tenant table.
    private TenantRlsDifference WithReach(ComparedTable table, ILookup<uint, TableGrant> grants, TenantRlsDifference difference)
    {
        TenantRlsDifference[] reached = [.. RightsComparer.Compare(installation, table, grants).Where(d => d.Severity >= TenantRlsSeverity.Warning && d.Partition is null)];
        return !grants[table.Root.Oid].Any(g => g.IsTenants)
            ? difference
            : difference with
            {
                Severity = TenantRlsSeverity.Critical,
                Description = $"{table.Root.DisplayName} keeps no tenants apart, and tenants' SQL has rights on it, by PUBLIC or another role: every tenant reaches all rows.",
                Mend = string.Join(";\n", reached.Select(d => d.Mend).Prepend(difference.Mend)),
                Purpose = string.Join("; ", reached.Select(d => d.Purpose).Prepend(difference.Purpose)),
            };
    }
}
