namespace Tenants.Engine.Plans;

/// <summary>What gives rows their tenant, as the server has read it.</summary>
/// <param name="Text">The expression over a row that is named <c>t</c>, every name in it qualified.</param>
internal sealed record RowExpression(string Text)
{
    /// <summary>The row as the trigger has it.</summary>
    public const string AsItIs = "select new.*";

    /// <summary>The query that gives a trigger that row, from its <c>new</c>.</summary>
    public string NewRow { get; init; } = AsItIs;

    /// <summary>The condition on a trigger's <c>old</c> and <c>new</c> that what the expression reads of the row was changed; null where it reads nothing of it.</summary>
    public string? Changed { get; init; }

    /// <summary>The condition that policies bind who asks on a table which the expression reads; null where it reads none.</summary>
    public string? IsBound { get; init; }

    /// <summary>Why no trigger can evaluate it; null where one can.</summary>
    public string? NotInTrigger { get; init; }
}
