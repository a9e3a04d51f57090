using Npgsql;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Plans;

/// <summary>What the parts of a plan for a table share.</summary>
/// <param name="Connection">A connection that is in no transaction.</param>
/// <param name="Installation">What lies in the database, or will.</param>
/// <param name="IsInstalled">It does already.</param>
/// <param name="Assumed">What plans that were only shown would have made.</param>
internal sealed record EnableContext(NpgsqlConnection Connection, Installation Installation, bool IsInstalled, Assumptions Assumed);
