using System.Management.Automation;
using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Records;
using Tenants.Engine.Queries.Results;

namespace Tenants.Results;

/// <summary>Writes an object for each row as it comes. Where several tenants are asked, its first property tells which; a column of that name has a number after it.</summary>
internal sealed class RowWriter(string? tenant, Action<object?> write) : QueryWriter
{
    private RecordReader? _records;
    private IReadOnlyList<string> _names = [];

    /// <inheritdoc/>
    public override void StartResult(QueryCursor cursor)
    {
        _records = cursor.GetRecords(tenant);
        _names = _records is null ? ColumnNames.ToProperties(cursor.Columns.Select(c => c.Name), tenant is not null) : [];
    }

    /// <inheritdoc/>
    public override void Row(QueryCursor cursor) => write(_records is not null ? _records.Read() : ToCustomObject(cursor.Row));

    // For columns that are named as methods are, and a process that has met too many shapes to make a class of each.
    private PSObject ToCustomObject(IReadOnlyList<object?> values)
    {
        var row = PSObjectFactory.Create(_names.Count + 1);
        var members = row.Members;
        if (tenant is not null)
        {
            members.Add(new PSNoteProperty(ColumnNames.Tenant, tenant), preValidated: true);
        }

        for (var i = 0; i < _names.Count; i++)
        {
            members.Add(new PSNoteProperty(_names[i], values[i]), preValidated: true);
        }

        return row;
    }
}
