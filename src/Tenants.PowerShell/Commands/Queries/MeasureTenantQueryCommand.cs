using System.Management.Automation;
using Tenants.Engine.Measuring;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>
/// Says what row security costs a query: runs it as the tenant, and as the admin with the tenant as a condition, in turn, and compares plans, times and rows. Where an
/// index is lost it names the operator that is not leakproof, and what to write instead.
/// </summary>
/// <remarks>
/// It needs the admin. The text runs as the admin too, without row security: read-only and rolled back, but the functions that it calls run with his rights and see all
/// tenants' rows, as with -AsAdmin. Measure what you wrote yourself, never text that came from a tenant. An admin who is neither a superuser nor has BYPASSRLS must let his tables be locked
/// for it (-AllowLock), once for each run, and is asked before. Times are the server's own, of planning and running; what the network and the client take is not in them.
/// <example><c>Measure-TenantQuery -Tenant acme 'select * from todo_item where title like @t' @{ t = 'Order%' }</c></example>
/// </remarks>
[Cmdlet(VerbsDiagnostic.Measure, "TenantQuery", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(TenantQueryMeasure))]
public sealed class MeasureTenantQueryCommand : TenantConnectionCmdlet
{
    /// <summary>The SQL: one query that reads. Parameters stand in it as @name or $1.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("Query")]
    [ValidateNotNullOrEmpty]
    public string Sql { get; set; } = "";

    /// <summary>The values: a hashtable or an object for @name, an array for $1, $2 ….</summary>
    [Parameter(Position = 1)]
    public object? Parameter { get; set; }

    /// <summary>The tenants, to the letter. Each is measured by itself.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [ValidateNotNullOrEmpty]
    public string[] Tenant { get; set; } = [];

    /// <summary>How many pairs are run.</summary>
    [Parameter]
    [ValidateRange(1, 100)]
    public int Repeat { get; set; } = 5;

    /// <summary>Lets the query's tenant tables be locked (ACCESS EXCLUSIVE) for as long as a run without row security takes, where the admin is bound by their policies himself.</summary>
    [Parameter]
    public SwitchParameter AllowLock { get; set; }

    /// <summary>How long each run may take on the server, in seconds; 0 for no limit. Unless given: the connection's limit.</summary>
    [Parameter]
    [ValidateRange(0d, 2_147_483d)]
    public double? Timeout { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        foreach (var tenant in Tenant)
        {
            // Only the lock can be felt by others.
            if (AllowLock && !AskTo($"the tenant tables of the query, {Repeat + 1} times, as '{tenant}'", "Lock for all others (ACCESS EXCLUSIVE), where the login is bound by the policies"))
            {
                continue;
            }

            // Made here, on the pipeline's thread, for that is where it reports.
            IProgress<int> progress = new Progress<int>(pair => Show(tenant, pair));
            var options = new MeasureOptions
            {
                Repeat = Repeat,
                AllowLock = AllowLock,
                Timeout = Timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                OnPair = progress.Report,
            };
            try
            {
                WriteObject(await QueryMeasurement.RunAsync(database, tenant, Sql, ParameterReader.Read(Parameter), options, StopToken));
            }
            catch (TenantException e) when (Tenant.Length > 1 || MyInvocation.ExpectingInput)
            {
                WriteFailure(e, tenant);
            }
        }
    }

    private void Show(string tenant, int pair)
    {
        try
        {
            WriteProgress(new ProgressRecord(0, $"Measuring as {tenant}", $"pair {pair} of {Repeat}") { PercentComplete = 100 * (pair - 1) / Repeat });
        }
        catch (PipelineStoppedException)
        {
            // The run hears of that by its token.
        }
    }
}
