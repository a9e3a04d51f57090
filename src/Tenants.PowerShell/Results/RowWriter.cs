using System.Management.Automation;
using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Results;

namespace Tenants.Results;

/// <summary>Writes an object for each row as it comes. Where several tenants are asked, its first property tells which; a column of that name has a number after it.</summary>
internal sealed class RowWriter(string? tenant, Action<object?> write) : QueryWriter
{
    private IReadOnlyList<string> _names = [];

    /// <inheritdoc/>
    public override void StartResult(QueryCursor cursor)
    {
        var names = cursor.Columns.Select(c => c.Name).ToList();

        // A property must have a name; a column need not.
        names = [.. names.Select(n => n.Length == 0 ? "?column?" : n)];
        _names = tenant is null ? ColumnNames.MakeUnique(names) : [.. ColumnNames.MakeUnique([TenantProperty, .. names]).Skip(1)];
    }

    /// <inheritdoc/>
    public override void Row(QueryCursor cursor)
    {
        var row = PSObjectFactory.Create(_names.Count + 1);
        var members = row.Members;
        if (tenant is not null)
        {
            members.Add(new PSNoteProperty(TenantProperty, tenant), preValidated: true);
        }

        for (var i = 0; i < _names.Count; i++)
        {
            members.Add(new PSNoteProperty(_names[i], cursor.Row[i]), preValidated: true);
        }

        write(row);
    }
}
