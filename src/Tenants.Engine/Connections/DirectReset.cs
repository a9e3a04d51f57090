using Npgsql;

namespace Tenants.Engine.Connections;

/// <summary>Over a connection of our own: what it began with are startup options, so DISCARD ALL goes back to them.</summary>
/// <param name="keepsState">The database has something that keeps state through DISCARD ALL (dblink's connections, the variables of other languages), so the connection is closed.</param>
internal sealed class DirectReset(bool keepsState) : ConnectionReset
{
    // Functions of PL/pgSQL stay compiled, with the types that they found in pg_temp: the next tenant's call would fail, for those
    // types are gone. A backend that has had temporary objects says so by a setting that the server tells of by itself.
    private const string Spent = "tenants: had temporary objects";
    private const string Finish =
        $"do $$begin {DrawSeed} if pg_catalog.pg_my_temp_schema() <> 0 then perform pg_catalog.set_config('application_name', '{Spent}', false); end if; end$$";

    /// <inheritdoc/>
    public override bool Closes(NpgsqlConnection connection) =>
        keepsState || (connection.PostgresParameters.TryGetValue("application_name", out var name) && name == Spent);

    /// <inheritdoc/>
    public override IEnumerable<NpgsqlBatchCommand> End() => [new("commit"), new("discard all"), new(Finish)];

    // One by one: in a pipeline DISCARD ALL would stand in the transaction that the rollback ends.
    /// <inheritdoc/>
    public override string[] Undo() => ["rollback", "discard all", Finish];
}
