using System.Management.Automation;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;

namespace Tenants.Commands;

/// <summary>The base of the cmdlets that change tables, which they take by name: each for itself, so that one's failure is not another's.</summary>
public abstract class TablePlanCmdlet : PlanCmdlet
{
    /// <summary>The tables: <c>todo_item</c>, <c>app.todo_item</c>, <c>"Order Items"</c>, or with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = [];

    /// <summary>The schema of names that give none; else the connection's.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Schema { get; set; }

    /// <inheritdoc/>
    protected sealed override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        foreach (var name in Table)
        {
            foreach (var table in await FindAsync(database, name))
            {
                try
                {
                    await ProcessTableAsync(database, table, WildcardPattern.ContainsWildcardCharacters(name));
                }
                catch (TenantException e) when (e.Kind is not TenantErrorKind.Connection and not TenantErrorKind.Authentication)
                {
                    WriteFailure(e, table.DisplayName);
                }
            }
        }
    }

    /// <summary>Does it to one table.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The table.</param>
    /// <param name="isWildcard">It was not named, but fits a wildcard.</param>
    private protected abstract Task ProcessTableAsync(TenantDatabase database, TableInfo table, bool isWildcard);

    private async Task<IReadOnlyList<TableInfo>> FindAsync(TenantDatabase database, string name)
    {
        try
        {
            return await TableFinder.FindAsync(database, name, Schema, StopToken);
        }
        catch (TenantException e) when (e.Kind is TenantErrorKind.NotFound or TenantErrorKind.InvalidArgument)
        {
            WriteFailure(e, name);
            return [];
        }
    }
}
