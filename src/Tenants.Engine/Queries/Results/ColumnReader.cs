using Npgsql;

namespace Tenants.Engine.Queries.Results;

/// <summary>Reads one column of the current row, whatever its type.</summary>
/// <param name="reader">The driver's reader.</param>
/// <param name="ordinal">The column.</param>
/// <returns>Null for NULL.</returns>
internal delegate object? ColumnReader(NpgsqlDataReader reader, int ordinal);
