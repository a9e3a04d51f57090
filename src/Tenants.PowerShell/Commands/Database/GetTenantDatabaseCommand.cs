using System.Management.Automation;
using Tenants.Engine.Connections;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>Shows this runspace's connections and what lies behind them; never a secret.</summary>
[Cmdlet(VerbsCommon.Get, "TenantDatabase")]
[OutputType(typeof(TenantDatabaseInfo))]
public sealed class GetTenantDatabaseCommand : TenantCmdlet
{
    /// <summary>The connections to show. Unless given: all of this runspace.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public TenantConnection[]? Connection { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var holdings = RunspaceHoldings.Current;
        if (Connection is null && !holdings.Connections.Any())
        {
            await ConnectByEnvironmentAsync(holdings);
        }

        foreach (var connection in Connection?.Cast<TenantDatabase>() ?? holdings.Connections)
        {
            WriteObject(await DatabaseOverview.ReadAsync(connection, connection == holdings.Default, StopToken));
        }
    }

    // As every cmdlet does where nothing is connected; a list of none is no error, though.
    private async Task ConnectByEnvironmentAsync(RunspaceHoldings holdings)
    {
        ConnectionSettings settings;
        try
        {
            settings = SettingsReader.FromEnvironment(WantedTrust);
        }
        catch (TenantException e) when (e.ErrorId == "SettingMissing")
        {
            WriteVerbose(e.Message);
            return;
        }

        holdings.Add(await TenantDatabase.OpenAsync(settings, StopToken));
    }
}
