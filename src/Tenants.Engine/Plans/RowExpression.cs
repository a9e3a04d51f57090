namespace Tenants.Engine.Plans;

/// <summary>What gives rows their tenant, as the server has read it.</summary>
/// <param name="Text">The expression over a row that is named <c>t</c>, every name in it qualified.</param>
/// <param name="NewRow">The query that gives a trigger that row, from its <c>new</c>.</param>
internal sealed record RowExpression(string Text, string NewRow)
{
    /// <summary>The row as the trigger has it.</summary>
    public const string AsItIs = "select new.*";
}
