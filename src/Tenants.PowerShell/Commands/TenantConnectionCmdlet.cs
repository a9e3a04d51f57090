using System.Management.Automation;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>The base of the cmdlets that work on a database: by <c>-Connection</c>, else the runspace's current one, else the environment.</summary>
public abstract class TenantConnectionCmdlet : TenantCmdlet
{
    private TenantDatabase? _database;

    /// <summary>The connection to use. Unless given: the last one that Connect-TenantDatabase made in this runspace, else the environment.</summary>
    [Parameter]
    [ValidateNotNull]
    public TenantConnection? Connection { get; set; }

    /// <summary>The database that this call works on.</summary>
    private protected async Task<TenantDatabase> GetDatabaseAsync()
    {
        if (_database is { IsOpen: true })
        {
            return _database;
        }

        if (Connection is not null)
        {
            return _database = (TenantDatabase)Connection;
        }

        var holdings = RunspaceHoldings.Current;
        if (holdings.Default is not { IsOpen: true })
        {
            await KeepAsync(await TenantDatabase.OpenAsync(SettingsReader.FromEnvironment(WantedTrust), StopToken));
        }

        return _database = holdings.Default!;
    }

    /// <inheritdoc/>
    private protected override void WriteWarnings()
    {
        foreach (var warning in _database?.TakeWarnings() ?? [])
        {
            WriteWarning(warning);
        }
    }

    /// <summary>Does something to each table that a name means; one that fails is one error, and the others go on.</summary>
    /// <returns>False where a wildcard fits none.</returns>
    private protected async Task<bool> ForEachTableAsync(TenantDatabase database, string name, Func<TableInfo, Task> work, string? schema = null)
    {
        IReadOnlyList<TableInfo> tables;
        try
        {
            tables = await TableFinder.FindAsync(database, name, schema, StopToken);
        }
        catch (TenantException e)
        {
            WriteFailure(e, name);
            return true;
        }

        foreach (var table in tables)
        {
            await ForTableAsync(table, work);
        }

        return tables.Count > 0;
    }

    /// <summary>Says that a wildcard fits nothing, where silence would pass for an answer.</summary>
    private protected void WarnOfNone(string name) => WriteWarning($"No table fits '{name}'.");

    /// <summary>Does something to a table; if it fails, that is one error, and the next table can follow.</summary>
    private protected async Task ForTableAsync(TableInfo table, Func<TableInfo, Task> work)
    {
        try
        {
            await work(table);
        }
        catch (TenantException e)
        {
            WriteFailure(e, table.DisplayName);
        }
    }
}
