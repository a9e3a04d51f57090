using System.Text.Json;

namespace Tenants.Engine.Measuring;

/// <summary>One run of a statement, as the server explains it.</summary>
/// <param name="Json">What the server wrote.</param>
/// <param name="Root">The plan's first node.</param>
/// <param name="Milliseconds">Planning and running, on the server.</param>
internal sealed record ExplainedRun(string Json, PlanNode Root, double Milliseconds)
{
    /// <summary>Reads what EXPLAIN gives.</summary>
    public static ExplainedRun Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var run = document.RootElement[0].Clone();
        return new ExplainedRun(json, new PlanNode(run.GetProperty("Plan")), run.GetProperty("Planning Time").GetDouble() + run.GetProperty("Execution Time").GetDouble());
    }

    /// <summary>As scripts see it.</summary>
    /// <param name="milliseconds">The median over all runs.</param>
    public TenantQueryPlan ToPlan(double milliseconds) => new(milliseconds, Root.Rows, Root.Buffers, PlanText.Write(Root), Json);
}
