using Npgsql;
using Tenants.Engine.Queries.Results;

namespace Tenants.Engine.Queries.Records;

/// <summary>Makes a record of the current row.</summary>
/// <param name="reader">The driver's reader.</param>
/// <param name="readers">Reads the columns of kinds that have no method of their own, in their order.</param>
/// <param name="tenant">The tenant, where the record names it.</param>
internal delegate TenantRow RecordMaker(NpgsqlDataReader reader, ColumnReader[] readers, string? tenant);
