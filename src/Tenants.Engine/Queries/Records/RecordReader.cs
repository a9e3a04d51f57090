using Npgsql;
using Tenants.Engine.Queries.Results;

namespace Tenants.Engine.Queries.Records;

/// <summary>Reads the rows of a result as objects of a class that has its columns as properties.</summary>
public sealed class RecordReader
{
    private readonly NpgsqlDataReader _reader;
    private readonly RecordMaker _make;
    private readonly ColumnReader[] _others;
    private readonly string? _tenant;

    private RecordReader(NpgsqlDataReader reader, RecordMaker make, ColumnReader[] others, string? tenant) =>
        (_reader, _make, _others, _tenant) = (reader, make, others, tenant);

    /// <summary>The reader of a result; null where there is no class for it.</summary>
    /// <param name="result">The result.</param>
    /// <param name="tenant">The tenant that each object names; null for none.</param>
    internal static RecordReader? Create(ResultReader result, string? tenant)
    {
        var shape = new RecordShape(ColumnNames.ToProperties(result.Columns.Select(c => c.Name), tenant is not null), result.Kinds, tenant is not null);
        return RecordClasses.Shared.Find(shape) is { } make
            ? new RecordReader(result.Driver, make, [.. result.Kinds.Where(k => k.ReadField is null).Select(k => k.Read)], tenant)
            : null;
    }

    /// <summary>The current row.</summary>
    public TenantRow Read() => _make(_reader, _others, _tenant);
}
