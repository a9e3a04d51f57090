namespace Tenants;

/// <summary>How the server ran a query.</summary>
/// <param name="Milliseconds">How long planning and running took on the server, the median of all runs.</param>
/// <param name="Rows">How many rows it returned.</param>
/// <param name="Buffers">How many blocks it touched, in cache or not.</param>
/// <param name="Text">The plan, a node on each line.</param>
/// <param name="Json">The plan as the server wrote it.</param>
public sealed record TenantQueryPlan(double Milliseconds, double Rows, long Buffers, string Text, string Json)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}
