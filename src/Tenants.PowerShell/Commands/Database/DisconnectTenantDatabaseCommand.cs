using System.Management.Automation;
using Tenants.Engine.Connections;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>Closes a connection with its sessions and everything else that it opened.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "TenantDatabase", DefaultParameterSetName = "Connection")]
public sealed class DisconnectTenantDatabaseCommand : TenantCmdlet
{
    /// <summary>The connections to close. Unless given: the current one of this runspace.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Connection")]
    [ValidateNotNull]
    public TenantConnection[]? Connection { get; set; }

    /// <summary>Closes all connections of this runspace.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "All")]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (var database in Chosen())
        {
            await RunspaceHoldings.Current.RemoveAsync(database);
        }
    }

    private List<TenantDatabase> Chosen()
    {
        var holdings = RunspaceHoldings.Current;
        if (All)
        {
            return [.. holdings.Connections];
        }

        return Connection is not null ? [.. Connection.Cast<TenantDatabase>()] : holdings.Default is { } current ? [current] : [];
    }
}
