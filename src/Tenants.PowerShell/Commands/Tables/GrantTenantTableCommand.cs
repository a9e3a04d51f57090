using System.Management.Automation;
using Tenants.Engine.Plans;

namespace Tenants.Commands;

/// <summary>Shares a table without tenants (country, plan), so that tenants' SQL can read and join it.</summary>
[Cmdlet(VerbsSecurity.Grant, "TenantTable", SupportsShouldProcess = true)]
[OutputType(typeof(TenantSharedTable))]
public sealed class GrantTenantTableCommand : PlanCmdlet
{
    /// <summary>The tables; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = [];

    /// <summary>Tenants' SQL may write it too: every tenant writes the same rows.</summary>
    [Parameter]
    public SwitchParameter Writable { get; set; }

    /// <summary>Writes what is shared now.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        foreach (var name in Table)
        {
            await ForEachTableAsync(database, name, async table =>
            {
                var plan = await SharedTablePlanner.GrantAsync(database, table, Writable, Force, StopToken);
                var how = Writable ? "to read and write" : "to read";
                var nothing = $"{table.DisplayName} is shared {how} already.";
                if (await ApplyAsync(database, plan, $"Share {how} with all tenants", nothing) && PassThru && !IsWhatIf)
                {
                    WriteObject(new TenantSharedTable(table.DisplayName, Writable));
                }
            });
        }
    }
}
