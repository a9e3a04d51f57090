using System.Text.Json;

namespace Tenants.Engine.Measuring;

/// <summary>A node of a plan, as EXPLAIN (ANALYZE, VERBOSE, BUFFERS, FORMAT JSON) tells of it.</summary>
/// <param name="json">The node.</param>
internal sealed class PlanNode(JsonElement json)
{
    /// <summary>What it does.</summary>
    public string Type => Text("Node Type")!;

    /// <summary>The schema of the table that it reads.</summary>
    public string? Schema => Text("Schema");

    /// <summary>The table that it reads.</summary>
    public string? Table => Text("Relation Name");

    /// <summary>What the query calls that table.</summary>
    public string? Alias => Text("Alias");

    /// <summary>The index that it searches.</summary>
    public string? Index => Text("Index Name");

    /// <summary>What the index is searched by.</summary>
    public string? IndexCondition => Text("Index Cond");

    /// <summary>What each row is held against.</summary>
    public string? Filter => Text("Filter");

    /// <summary>How many rows it gave, over all its loops.</summary>
    public double Rows => Number("Actual Rows") * Math.Max(1, Number("Actual Loops"));

    /// <summary>How many rows it read and threw away, over all its loops.</summary>
    public double Removed => (Number("Rows Removed by Filter") + Number("Rows Removed by Index Recheck")) * Math.Max(1, Number("Actual Loops"));

    /// <summary>How many blocks it and what is under it touched.</summary>
    public long Buffers => (long)(Number("Shared Hit Blocks") + Number("Shared Read Blocks") + Number("Local Hit Blocks") + Number("Local Read Blocks"));

    /// <summary>How long it and what is under it took, over all its loops, in milliseconds; null where that was not measured.</summary>
    public double? Milliseconds => json.TryGetProperty("Actual Total Time", out var time) ? time.GetDouble() * Math.Max(1, Number("Actual Loops")) : null;

    /// <summary>What it hands its rows to: a sub-plan or an InitPlan by name.</summary>
    public string? Subplan => Text("Subplan Name");

    /// <summary>The nodes under it.</summary>
    public IEnumerable<PlanNode> Children => json.TryGetProperty("Plans", out var plans) ? plans.EnumerateArray().Select(p => new PlanNode(p)) : [];

    /// <summary>It and all nodes under it.</summary>
    public IEnumerable<PlanNode> All() => Children.SelectMany(c => c.All()).Prepend(this);

    /// <summary>A text that the node has under a name, or null.</summary>
    public string? Text(string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private double Number(string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : 0;
}
