using System.Data;
using System.Globalization;
using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Results;

namespace Tenants.Results;

/// <summary>Collects the rows in a DataTable. The first result rules its shape; later ones of the same shape are added, others left out.</summary>
internal sealed class TableWriter(string? tenant, Action<object?> write) : QueryWriter
{
    private readonly List<IReadOnlyList<object?>> _rows = [];
    private IReadOnlyList<QueryColumn>? _columns;
    private bool _fits;

    /// <inheritdoc/>
    public override void StartResult(QueryCursor cursor)
    {
        _columns ??= cursor.Columns;
        _fits = _columns.Select(c => c.Name).SequenceEqual(cursor.Columns.Select(c => c.Name));
    }

    /// <inheritdoc/>
    public override void Row(QueryCursor cursor)
    {
        if (_fits)
        {
            _rows.Add(cursor.Row);
        }
    }

    /// <inheritdoc/>
    public override void End(QueryCursor cursor)
    {
        if (_columns is null)
        {
            return;
        }

        var table = new DataTable(tenant ?? "") { Locale = CultureInfo.InvariantCulture };
        var names = ColumnNames.MakeUnique([.. tenant is null ? Array.Empty<string>() : [TenantProperty], .. _columns.Select(c => c.Name)]);
        var first = tenant is null ? 0 : 1;
        if (tenant is not null)
        {
            table.Columns.Add(TenantProperty, typeof(string));
        }

        for (var i = 0; i < _columns.Count; i++)
        {
            table.Columns.Add(names[first + i], TypeOf(i));
        }

        foreach (var row in _rows)
        {
            table.Rows.Add([.. tenant is null ? Array.Empty<object>() : [tenant], .. row.Select(v => v ?? DBNull.Value)]);
        }

        table.AcceptChanges();
        write(table);
    }

    // A numeric may come as text where it is too long for a decimal, an interval where it has months: then the column takes anything.
    private Type TypeOf(int column)
    {
        var type = _columns![column].Type;
        return _rows.TrueForAll(r => r[column] is null || type.IsInstanceOfType(r[column])) ? type : typeof(object);
    }
}
