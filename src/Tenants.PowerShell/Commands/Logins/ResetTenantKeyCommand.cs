using System.Management.Automation;
using Tenants.Engine.Isolation.Logins;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>Makes another key for an app login; the one that it had goes on for a while, so that the service can change over as it runs.</summary>
[Cmdlet(VerbsCommon.Reset, "TenantKey", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(TenantLoginSecret))]
public sealed class ResetTenantKeyCommand : TenantConnectionCmdlet
{
    // Longer, and it is no replacement.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(365);

    /// <summary>The app logins, to the letter.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>How long the former keys go on: '90s', '5m', or a TimeSpan; '0s' ends them at once. Unless given: 5 minutes.</summary>
    [Parameter]
    [Duration]
    public TimeSpan Grace { get; set; } = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        if (Grace < TimeSpan.Zero || Grace > s_longest)
        {
            throw new TenantException("InvalidDuration", TenantErrorKind.InvalidArgument, "-Grace is nothing ('0s') or more, and at most 365 days.") { Target = Grace };
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var registry = await LoginRegistry.OpenAsync(await GetDatabaseAsync(), StopToken);
        foreach (var name in Name)
        {
            try
            {
                if (AskTo(name, $"Make another key; the former ends in {Grace:c}"))
                {
                    WriteObject((await registry.ResetKeyAsync(name, Grace, StopToken)).ToOutput());
                }
            }
            catch (TenantException e) when ((Name.Length > 1 || MyInvocation.ExpectingInput) && e.Kind is not TenantErrorKind.Connection)
            {
                WriteFailure(e, name);
            }
        }
    }
}
