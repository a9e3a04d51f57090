using System.Management.Automation;
using Tenants.Engine.Catalog;
using Tenants.Engine.Comparing;
using Tenants.Engine.Connections;

namespace Tenants.Commands;

/// <summary>
/// Compares tables with a declaration, or with what the module would make of them: one object for each difference, with its severity and the SQL that
/// mends it. It changes nothing, and any login that may connect can run it.
/// </summary>
[Cmdlet(VerbsData.Compare, "TenantRls")]
[OutputType(typeof(TenantRlsDifference))]
public sealed class CompareTenantRlsCommand : TenantConnectionCmdlet
{
    private readonly Dictionary<uint, TableInfo> _tables = [];
    private bool _isNamed;

    /// <summary>The tables: <c>todo_item</c>, <c>app.todo_item</c>, or with wildcards. Unless given, all that keep tenants apart or should, and those that lie beside them.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Table { get; set; }

    /// <summary>A declaration's file, such as <c>./tenancy.psd1</c>: it says what ought to be. With <c>-Table</c>, only these tables are compared with it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Declaration { get; set; }

    /// <summary>The schema of names that give none; else the connection's.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Schema { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        _isNamed |= Table is not null;
        foreach (var name in Table ?? [])
        {
            if (!await ForEachTableAsync(database, name, table => AddAsync(database, table), Schema))
            {
                WarnOfNone(name);
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        // A pipeline that brings no table asks for none, not for all.
        if (_isNamed ? _tables.Count == 0 : MyInvocation.ExpectingInput)
        {
            return;
        }

        var database = await GetDatabaseAsync();
        var declared = Declaration is null ? null : await this.ReadDeclarationAsync(database, Declaration, StopToken);
        WriteObject(await RlsComparer.CompareAsync(database, _isNamed ? _tables.Values : null, declared, StopToken), enumerateCollection: true);
    }

    private async Task AddAsync(TenantDatabase database, TableInfo table)
    {
        await RlsComparer.EnsureComparableAsync(database, table, StopToken);
        _tables[table.Oid] = table;
    }
}
