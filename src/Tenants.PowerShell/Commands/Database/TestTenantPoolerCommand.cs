using System.Management.Automation;
using Tenants.Engine.Connections;
using Tenants.Engine.Connections.Pooler;

namespace Tenants.Commands;

/// <summary>
/// Connects several times, and says what stands between here and the server: the pooler's mode, what one client's session leaves for
/// the next, and the settings to change. Any login will do; it changes nothing and leaves nothing.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "TenantPooler", DefaultParameterSetName = ServerSet)]
[OutputType(typeof(TenantPoolerReport))]
public sealed class TestTenantPoolerCommand : ConnectionParameterCmdlet
{
    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var settings = SettingsReader.Read(Place());
        foreach (var warning in settings.Warnings)
        {
            WriteWarning(warning);
        }

        WriteObject(await PoolerProbe.RunAsync(settings, StopToken));
    }
}
