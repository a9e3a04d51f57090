using System.Management.Automation;
using Tenants.Engine.Connections;
using Tenants.Engine.Tenants;

namespace Tenants.Commands;

/// <summary>Creates tenants. A database that was not made ready for them is.</summary>
[Cmdlet(VerbsCommon.New, "Tenant", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(TenantInfo))]
public sealed class NewTenantCommand : PlanCmdlet
{
    // Created together, so that thousands come through the pipeline in a second.
    private const int BatchSize = 1000;

    private readonly List<(TenantId Tenant, string? DisplayName)> _batch = [];
    private TenantRegistry? _registry;
    private bool _isOnlyShown;

    /// <summary>The identifiers, to the letter: wildcards mean nothing here.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "Id")]
    [ValidateNotNullOrEmpty]
    public string[] Tenant { get; set; } = [];

    /// <summary>A name for people.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? DisplayName { get; set; }

    /// <summary>Takes over rows with this identifier that are there already.</summary>
    [Parameter]
    public SwitchParameter Adopt { get; set; }

    /// <inheritdoc/>
    protected override async Task BeginAsync()
    {
        var database = await GetDatabaseAsync();
        _isOnlyShown = !(await InitializeAsync(database)).IsReady;
        _registry = _isOnlyShown ? null : await TenantRegistry.OpenAsync(database, StopToken);
    }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (var tenant in Tenant)
        {
            Take(tenant);
        }

        if (_batch.Count >= BatchSize)
        {
            await CreateAsync();
        }
    }

    /// <inheritdoc/>
    protected override Task EndAsync() => CreateAsync();

    private void Take(string tenant)
    {
        try
        {
            var id = _registry?.Parse(tenant) ?? TenantId.Parse(tenant, TenantIdType.Text);
            if (ShouldProcess(id.Value, "Create tenant") && _registry is not null)
            {
                _batch.Add((id, string.IsNullOrEmpty(DisplayName) ? null : DisplayName));
            }
        }
        catch (TenantException e)
        {
            WriteFailure(e, tenant);
        }
    }

    private async Task CreateAsync()
    {
        if (_batch.Count == 0)
        {
            return;
        }

        var creation = await _registry!.CreateAsync([.. _batch], Adopt, StopToken);
        _batch.Clear();
        WriteObject(creation.Created, enumerateCollection: true);
        foreach (var failure in creation.Failures)
        {
            WriteFailure(failure);
        }
    }
}
