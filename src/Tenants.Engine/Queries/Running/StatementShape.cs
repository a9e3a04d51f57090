using Tenants.Engine.Queries.Values;

namespace Tenants.Engine.Queries.Running;

/// <summary>What was learned of a statement when the server saw it first.</summary>
/// <param name="Typing">How its texts are declared.</param>
/// <param name="TextColumns">Which of its columns are asked for as text; null for none.</param>
/// <param name="Described">The server has told its columns, and it was content with the parameters.</param>
/// <param name="Writes">It reads like a query but writes: through a function, say.</param>
internal sealed record StatementShape(ParameterTyping Typing, bool[]? TextColumns, bool Described, bool Writes)
{
    /// <summary>Nothing is known yet.</summary>
    public static StatementShape Unknown { get; } = new(ParameterTyping.Natural, null, false, false);
}
