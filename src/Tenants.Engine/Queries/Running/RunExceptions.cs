using Npgsql;

namespace Tenants.Engine.Queries.Running;

/// <summary>A result has columns whose binary form is not known here. Never leaves the engine.</summary>
internal sealed class UnreadableResultException(bool[] textColumns) : Exception
{
    /// <summary>The columns to ask for as text.</summary>
    public bool[] TextColumns => textColumns;
}

/// <summary>The server's error, with the statement that it belongs to. Never leaves the engine.</summary>
internal sealed class StepException(StatementStep step, PostgresException inner) : Exception(null, inner)
{
    /// <summary>The statement.</summary>
    public StatementStep Step => step;
}
