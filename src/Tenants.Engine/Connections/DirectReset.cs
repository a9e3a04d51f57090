using Npgsql;

namespace Tenants.Engine.Connections;

/// <summary>Over a connection of our own: what it began with are startup options, so DISCARD ALL goes back to them.</summary>
/// <param name="keepsState">The database has something that keeps state through DISCARD ALL (dblink's connections, the variables of other languages), so the connection is closed.</param>
internal sealed class DirectReset(bool keepsState) : ConnectionReset
{
    /// <inheritdoc/>
    public override bool ClosesConnection => keepsState;

    /// <inheritdoc/>
    public override IEnumerable<NpgsqlBatchCommand> End() => [new("commit"), new("discard all"), new(NewSeed())];

    // One by one: in a pipeline DISCARD ALL would stand in the transaction that the rollback ends.
    /// <inheritdoc/>
    public override string[] Undo() => ["rollback", "discard all", NewSeed()];
}
