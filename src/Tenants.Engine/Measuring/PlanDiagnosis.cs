using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;

namespace Tenants.Engine.Measuring;

/// <summary>Compares how each tenant table is read with and without row security, and says what makes the difference.</summary>
internal static class PlanDiagnosis
{
    // A node that throws away ten times what it keeps, and more than a handful, is worth an index.
    private const int Waste = 10;
    private const int Handful = 100;

    private static readonly string[] s_ordering = ["=", "<", "<=", ">", ">="];

    /// <summary>Reads what is to be said.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tables">All tenant tables.</param>
    /// <param name="with">The plan with row security.</param>
    /// <param name="without">The plan without.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<TenantQueryFinding>> ReadAsync(
        TenantDatabase database, IReadOnlyList<TenantTable> tables, PlanNode with, PlanNode without, CancellationToken cancellationToken)
    {
        var installation = await database.GetInstallationAsync(cancellationToken).ConfigureAwait(false);
        return await database.UseAsync(
            async connection =>
            {
                var findings = new List<TenantQueryFinding>();
                var others = without.All().ToList();
                foreach (var scan in with.All())
                {
                    if (tables.FirstOrDefault(t => t.Schema == scan.Schema && t.Name == scan.Table) is not { } table)
                    {
                        continue;
                    }

                    // The n-th scan of a table in one plan stands for the n-th in the other.
                    var other = others.FirstOrDefault(o => o.Schema == scan.Schema && o.Table == scan.Table);
                    _ = other is not null && others.Remove(other);
                    var facts = await TableFacts.ReadAsync(connection, table, cancellationToken).ConfigureAwait(false);
                    if (!facts.HasTenantIndex)
                    {
                        findings.Add(new TenantQueryFinding(
                            TenantQueryFindingKind.TenantIndexMissing,
                            table.DisplayName,
                            $"No index of {table.DisplayName} begins with '{table.Column}', so every tenant's rows are read to find one tenant's.",
                            $"{facts.CreateIndex(null)};"));
                    }

                    findings.AddRange(await LostAsync(connection, installation, facts, scan, other, cancellationToken).ConfigureAwait(false));
                    findings.AddRange(await WiderAsync(connection, facts, scan, cancellationToken).ConfigureAwait(false));
                }

                return findings.Distinct().ToList();
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static async Task<List<TenantQueryFinding>> LostAsync(
        NpgsqlConnection connection, Isolation.Installation installation, TableFacts facts, PlanNode scan, PlanNode? other, CancellationToken cancellationToken)
    {
        var findings = new List<TenantQueryFinding>();
        var searched = Searched(other);
        foreach (var condition in Conjunct.Split(scan.Filter).Where(c => !IsPolicy(c, facts.Table)))
        {
            var columns = Columns(condition, facts);
            var lost = searched.FirstOrDefault(s => columns.Any(c => s.Condition.Mentions(c.Name)));
            if (lost.Index is null || Searched(scan).Any(s => columns.Any(c => s.Condition.Mentions(c.Name))))
            {
                continue;
            }

            var leaks = await Leaks.FindAsync(connection, condition, columns, cancellationToken).ConfigureAwait(false);
            if (leaks.Count == 0)
            {
                continue;
            }

            var leak = leaks[0];
            findings.Add(new TenantQueryFinding(
                TenantQueryFindingKind.IndexLost,
                facts.Table.DisplayName,
                $"Without row security {lost.Index} is searched for {condition.Text}; with it that is tried on each row of the tenant, for {leak.Signature} is not leakproof (pg_proc.proleakproof of {leak.Function}).",
                await Rewrite.AdviseAsync(connection, installation, facts, condition, columns[0], leak, cancellationToken).ConfigureAwait(false)));
        }

        return findings;
    }

    private static async Task<List<TenantQueryFinding>> WiderAsync(NpgsqlConnection connection, TableFacts facts, PlanNode scan, CancellationToken cancellationToken)
    {
        var findings = new List<TenantQueryFinding>();
        if (!facts.HasTenantIndex || scan.Removed < Math.Max(Handful, Waste * scan.Rows))
        {
            return findings;
        }

        // Either the tenant was looked up and the rest tried on each row, or the other way round.
        var tried = Conjunct.Split(scan.Filter);
        var conditions = tried.Any(c => IsPolicy(c, facts.Table)) ? Searched(scan).Select(s => s.Condition) : tried;
        foreach (var condition in conditions.Where(c => !IsPolicy(c, facts.Table) && c.Operators.Any(s_ordering.Contains)))
        {
            if (Columns(condition, facts) is [{ } column] && facts.IndexOn(column.Name) is null
                && (await Leaks.FindAsync(connection, condition, [column], cancellationToken).ConfigureAwait(false)).Count == 0)
            {
                findings.Add(new TenantQueryFinding(
                    TenantQueryFindingKind.WiderIndexMissing,
                    facts.Table.DisplayName,
                    $"{scan.Removed:0} rows of {facts.Table.DisplayName} are read and thrown away for {scan.Rows:0}: no index has '{facts.Table.Column}' and '{column.Name}' together.",
                    $"{facts.CreateIndex(column.Quoted)};"));
            }
        }

        return findings;
    }

    // What the indexes of a scan are searched by; a bitmap's stand under it.
    private static List<(Conjunct Condition, string? Index)> Searched(PlanNode? scan) => scan is null
        ? []
        : [.. scan.All().Where(n => n.Index is not null).SelectMany(n => Conjunct.Split(n.IndexCondition).Select(c => (c, n.Index)))];

    private static List<TableFacts.Column> Columns(Conjunct condition, TableFacts facts) =>
        [.. facts.Columns.Where(c => c.Name != facts.Table.Column && condition.Mentions(c.Name))];

    private static bool IsPolicy(Conjunct condition, TenantTable table) => condition.IsOfInitPlan && condition.Mentions(table.Column);
}
