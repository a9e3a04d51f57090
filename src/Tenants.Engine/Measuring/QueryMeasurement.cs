using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Running;
using Tenants.Engine.Queries.Text;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Measuring;

/// <summary>
/// What row security costs a query. The text runs as the tenant, and again as the admin: read-only, rolled back, but the functions that it calls run with the admin's
/// rights, and see all tenants' rows. So it is for text that the admin wrote himself, as <c>-AsAdmin</c> is.
/// </summary>
public static class QueryMeasurement
{
    /// <summary>Measures a query.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="script">One statement that reads.</param>
    /// <param name="parameters">The values of its parameters.</param>
    /// <param name="options">How it is measured.</param>
    /// <param name="cancellationToken">Cancels it on the server.</param>
    /// <exception cref="TenantException"><c>QueryNotMeasurable</c>, <c>AdminNeeded</c>, <c>PermissionDenied</c>, <c>LockNeeded</c>, and what the query throws.</exception>
    public static async Task<TenantQueryMeasure> RunAsync(
        TenantDatabase database, string tenant, string script, QueryParameters parameters, MeasureOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(options);
        var query = Query.Parse(script, parameters);
        var statement = Check(query);
        var installation = await database.GetCurrentInstallationAsync(cancellationToken).ConfigureAwait(false);
        var scope = await TenantQueries.ScopeAsync(database, tenant, cancellationToken).ConfigureAwait(false);
        var tables = await database.UseAsync(
            async connection =>
            {
                await AdminRight.CheckAsync(connection, installation, cancellationToken).ConfigureAwait(false);
                return await TenantTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);

        string[] path = database.Schema == "public" ? ["public"] : [database.Schema, "public"];
        var condition = TenantCondition.Write(statement.Sql, tables, path, installation, scope.TenantId);
        var before = condition is null ? [] : await AdminSight.OpenAsync(database, condition.Tables, options.AllowLock, cancellationToken).ConfigureAwait(false);

        // As the tenant first: what the server does not take as it stands is never put into other text.
        await using var with = new Explainer(scope, statement, [], options.Timeout, cancellationToken);
        var seen = await with.RunAsync(isTimed: true).ConfigureAwait(false);
        var measure = new TenantQueryMeasure(scope.Tenant!, query.Summary, seen.ToPlan(seen.Milliseconds), null, []) { NotCompared = "It names two tenant tables of the same name." };
        if (condition is null)
        {
            return measure;
        }

        var bare = new BoundStatement(StatementSplitter.Split(condition.Sql)[0], condition.Sql, statement.Parameters, []);
        await using var without = new Explainer(new QueryScope(database, null), bare, before, options.Timeout, cancellationToken);
        ExplainedRun all;
        try
        {
            all = await without.RunAsync(isTimed: true).ConfigureAwait(false);
        }
        catch (TenantException e) when (e.SqlState is ['4', '2', ..] or ['0', 'A', ..])
        {
            return measure with { NotCompared = $"With the tenant as a condition the server does not take it: {e.Message}" };
        }

        var findings = await PlanDiagnosis.ReadAsync(database, tables, seen.Root, all.Root, cancellationToken).ConfigureAwait(false);
        if (NotTheSame(seen.Root, all.Root, tables, scope.TenantId) is { } reason)
        {
            return measure with { Findings = findings, NotCompared = reason };
        }

        var pairs = new List<(double With, double Without)>();
        for (var pair = 1; pair <= options.Repeat; pair++)
        {
            options.OnPair?.Invoke(pair);
            pairs.Add(((await with.RunAsync(isTimed: false).ConfigureAwait(false)).Milliseconds, (await without.RunAsync(isTimed: false).ConfigureAwait(false)).Milliseconds));
        }

        return measure with
        {
            WithRls = seen.ToPlan(Median(pairs.Select(p => p.With))),
            WithoutRls = all.ToPlan(Median(pairs.Select(p => p.Without))),
            Findings = findings,
            NotCompared = null,
            Price = Median(pairs.Select(p => p.With / p.Without)),
            Pairs = pairs.Count,
        };
    }

    private static BoundStatement Check(Query query)
    {
        var reason = query.StatementCount != 1 ? $"it has {query.StatementCount} statements"
            : !StatementTraits.MayBeRead(query.Statements[0].Source) ? "it may write"
            : query.Statements[0].Source.HasWord(0, "SHOW", "EXPLAIN") ? "it is no query"
            : null;
        return reason is null
            ? query.Statements[0]
            : throw new TenantException(
                "QueryNotMeasurable",
                TenantErrorKind.InvalidArgument,
                $"Only one query that reads is measured, and {reason}. Of a statement that changes rows measure the SELECT that finds them: the policy costs it the same.");
    }

    // A view or a function reads as its owner or the admin does: there the tenant is no condition.
    private static string? NotTheSame(PlanNode with, PlanNode without, IReadOnlyList<TenantTable> tables, TenantId tenant)
    {
        var open = without.All().FirstOrDefault(node => tables.FirstOrDefault(t => t.Schema == node.Schema && t.Name == node.Table) is { } table && !IsOfTenant(node, table, tenant));
        return open is not null ? $"Through a view or a function it reads {open.Schema}.{open.Table} of all tenants when the admin runs it, which is another question. Measure the query of the view."
            : Math.Abs(with.Rows - without.Rows) > 0.5 ? $"The tenant got {with.Rows:0} rows and the admin {without.Rows:0}: another policy, or a function, makes it another question."
            : null;
    }

    private static bool IsOfTenant(PlanNode node, TenantTable table, TenantId tenant) =>
        node.All().Where(n => n == node || n.Type == "Bitmap Index Scan" || n.Type.StartsWith("Bitmap", StringComparison.Ordinal))
            .SelectMany(n => Conjunct.Split(n.IndexCondition).Concat(Conjunct.Split(n.Filter)).Concat(Conjunct.Split(n.Text("Recheck Cond"))))
            .Any(c => c.Mentions(table.Column) && c.Operators is ["="] && c.Values is [var value] && value == tenant.Value);

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }
}
