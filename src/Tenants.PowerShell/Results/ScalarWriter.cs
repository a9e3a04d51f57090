using System.Management.Automation;
using Tenants.Engine.Queries;

namespace Tenants.Results;

/// <summary>Writes the first column of the first row, or $null where there is none; with the tenant's name beside it where several are asked.</summary>
internal sealed class ScalarWriter(string? tenant, Action<object?> write) : QueryWriter
{
    private bool _hasValue;
    private object? _value;

    /// <inheritdoc/>
    public override void StartResult(QueryCursor cursor)
    {
    }

    /// <inheritdoc/>
    public override void Row(QueryCursor cursor)
    {
        if (!_hasValue)
        {
            _hasValue = true;
            _value = cursor.Row.Count > 0 ? cursor.Row[0] : null;
        }
    }

    /// <inheritdoc/>
    public override void End(QueryCursor cursor) => write(tenant is null ? _value : Named(tenant, "Value", _value));

    /// <summary>An object of a tenant's name and one value.</summary>
    internal static PSObject Named(string tenant, string name, object? value)
    {
        var named = new PSObject();
        named.Properties.Add(new PSNoteProperty(TenantProperty, tenant));
        named.Properties.Add(new PSNoteProperty(name, value));
        return named;
    }
}
