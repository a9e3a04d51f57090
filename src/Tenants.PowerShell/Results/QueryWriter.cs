using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Many;
using Tenants.Engine.Queries.Results;

namespace Tenants.Results;

/// <summary>Writes what a query gives, in one of the forms of <see cref="TenantQueryOutput"/>.</summary>
internal abstract class QueryWriter : IRowSink
{
    /// <summary>The property that tells which tenant an object came from.</summary>
    public const string TenantProperty = ColumnNames.Tenant;

    /// <summary>Makes the writer of a form.</summary>
    /// <param name="form">The form.</param>
    /// <param name="tenant">The tenant that each object names, or null where there is one tenant only.</param>
    /// <param name="write">Takes each object.</param>
    public static QueryWriter Create(TenantQueryOutput form, string? tenant, Action<object?> write) => form switch
    {
        TenantQueryOutput.DataTable => new TableWriter(tenant, write),
        TenantQueryOutput.Scalar => new ScalarWriter(tenant, write),
        TenantQueryOutput.Count => new CountWriter(tenant, write),
        _ => new RowWriter(tenant, write),
    };

    /// <summary>Takes the next result's columns.</summary>
    public abstract void StartResult(QueryCursor cursor);

    /// <summary>Takes a row.</summary>
    public abstract void Row(QueryCursor cursor);

    /// <summary>All was read.</summary>
    public virtual void End(QueryCursor cursor)
    {
    }

    /// <inheritdoc/>
    void IRowSink.Complete(QueryCursor cursor) => End(cursor);
}
