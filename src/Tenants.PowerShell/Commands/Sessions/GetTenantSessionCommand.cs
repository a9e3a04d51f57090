using System.Management.Automation;
using Tenants.Engine.Connections;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>Lists the open sessions of this runspace.</summary>
[Cmdlet(VerbsCommon.Get, "TenantSession")]
[OutputType(typeof(TenantSession))]
public sealed class GetTenantSessionCommand : TenantCmdlet
{
    /// <summary>The tenants whose sessions are listed; wildcards are allowed. Unless given: all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Tenant { get; set; }

    /// <summary>The sessions with these numbers.</summary>
    [Parameter]
    public int[]? Id { get; set; }

    /// <summary>The connection whose sessions are listed. Unless given: all connections of this runspace.</summary>
    [Parameter]
    [ValidateNotNull]
    public TenantConnection? Connection { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        var patterns = Tenant?.Select(t => WildcardPattern.Get(t, WildcardOptions.None)).ToList();
        var connections = Connection is null ? RunspaceHoldings.Current.Connections : [(TenantDatabase)Connection];
        foreach (var session in connections.SelectMany(c => c.Sessions))
        {
            if ((patterns is null || patterns.Exists(p => p.IsMatch(session.Tenant))) && (Id is null || Id.Contains(session.Id)))
            {
                WriteObject(session);
            }
        }

        return Task.CompletedTask;
    }
}
