using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using Tenants.Engine.Importing;
using Tenants.Engine.Sessions;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>
/// Inserts objects into a table as one tenant: all of them, or none. Properties go to the columns of the same name, whatever their case; columns that the
/// objects lack get their default, the tenant column too.
/// </summary>
/// <remarks>
/// The tenant is one for the whole call, and never taken from the objects: a property of the tenant column's name is a value like the others, and the server refuses
/// the row if it names another tenant. For objects of several tenants call it once for each: <c>$rows | Group-Object tenant | ForEach-Object { $_.Group | Import-TenantData -Table t -Tenant $_.Name }</c>.
/// Objects whose properties change from one to the next are sent in a statement each, which takes longer.
/// <example><c>Import-Csv ./items.csv | Import-TenantData todo_item -Tenant acme</c></example>
/// </remarks>
[Cmdlet(VerbsData.Import, "TenantData", DefaultParameterSetName = OfTenant, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(TenantImportResult))]
public sealed class ImportTenantDataCommand : TenantConnectionCmdlet
{
    private const string OfTenant = "Tenant";
    private const string OfSession = "Session";

    // How often the clock is looked at, in objects, and how often progress is shown.
    private const int Stride = 2048;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly ObjectReader _reader = new();
    private TenantImport? _import;
    private bool _isDeclined;
    private long _count;
    private long _shownAt = Stopwatch.GetTimestamp();

    /// <summary>The table, to the letter: a tenant table, or a shared one that tenants may write.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Table { get; set; } = "";

    /// <summary>The tenant whose rows they become. It is not taken from the pipeline.</summary>
    [Parameter(ParameterSetName = OfTenant)]
    [ValidateNotNullOrEmpty]
    public string? Tenant { get; set; }

    /// <summary>The session to do it in: in its open transaction, or in one of its own.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OfSession)]
    [ValidateNotNull]
    public TenantSession? Session { get; set; }

    /// <summary>The objects: custom objects, hashtables, rows of a DataTable, objects of any class.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>Leaves properties out that are no column, and values of columns that the server computes.</summary>
    [Parameter]
    public SwitchParameter IgnoreExtra { get; set; }

    /// <summary>Keeps the objects' values of a column that is GENERATED ALWAYS AS IDENTITY. Its sequence stays where it is.</summary>
    [Parameter]
    public SwitchParameter KeepIdentity { get; set; }

    /// <summary>How long each batch may run on the server, in seconds; 0 for no limit. Unless given: the connection's limit.</summary>
    [Parameter]
    [ValidateRange(0d, 2_147_483d)]
    public double? Timeout { get; set; }

    /// <summary>Refuses a connection or session that is not sealed, before anything is sent. Unless given: as $TenantTrustPreference says.</summary>
    [Parameter]
    public SwitchParameter RequireSealed { get; set; }

    /// <inheritdoc/>
    private protected override TenantTrust WantedTrust => SealedNeed.Of(this);

    /// <inheritdoc/>
    protected override async Task BeginAsync()
    {
        var options = new ImportOptions
        {
            IgnoreExtra = IgnoreExtra,
            KeepIdentity = KeepIdentity,
            Timeout = Timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            OnNotice = OnNotice,
        };
        if (Session is not null)
        {
            SealedNeed.Check(WantedTrust, Session);
            _import = await TenantImport.OpenAsync((OpenSession)Session, Table, options, StopToken);
        }
        else
        {
            // Not Mandatory: PowerShell would ask for it, and a script would wait for an answer.
            var tenant = Tenant ?? throw new TenantException("TenantRequired", TenantErrorKind.InvalidArgument, "Say whose rows they become: -Tenant acme, or -Session $session.");
            var database = await GetDatabaseAsync();
            SealedNeed.Check(WantedTrust, database);
            _import = await TenantImport.OpenAsync(database, tenant, Table, options, StopToken);
        }

        _isDeclined = !AskTo($"{_import.Table} of tenant '{Session?.Tenant ?? Tenant}'", "Import objects");
    }

    /// <inheritdoc/>
    private protected override bool TryProcess()
    {
        if (_isDeclined || (InputObject is null && !MyInvocation.ExpectingInput && !MyInvocation.BoundParameters.ContainsKey(nameof(InputObject))))
        {
            return true;
        }

        if (IsList)
        {
            return false;
        }

        Read(InputObject);
        return _import!.TryAdd(_reader.Names, _reader.Values);
    }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (!IsList)
        {
            await _import!.AddAsync(_reader.Names, _reader.Values);
            return;
        }

        foreach (var item in (IEnumerable)InputObject!.BaseObject)
        {
            Read(item);
            if (!_import!.TryAdd(_reader.Names, _reader.Values))
            {
                await _import.AddAsync(_reader.Names, _reader.Values);
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (_isDeclined)
        {
            return;
        }

        var result = await _import!.CompleteAsync();
        WriteProgress(new ProgressRecord(0, Activity, "done") { RecordType = ProgressRecordType.Completed });
        WriteObject(result);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Where the pipeline ended before its end, what was sent is undone.
        if (disposing && Interlocked.Exchange(ref _import, null) is { } import)
        {
            PipelineContext.Run(() => import.DisposeAsync().AsTask());
        }

        base.Dispose(disposing);
    }

    private string Activity => $"Importing into {_import!.Table}";

    // A list that was given as a whole; from the pipeline its items come one by one.
    private bool IsList => InputObject?.BaseObject is IEnumerable and not (string or IDictionary or System.Data.DataRow);

    private void Read(object? value)
    {
        _reader.Read(value, ++_count);
        if (_count % Stride == 0 && Stopwatch.GetElapsedTime(_shownAt) > s_pause)
        {
            _shownAt = Stopwatch.GetTimestamp();
            WriteNotices();
            WriteProgress(new ProgressRecord(
                0,
                Activity,
                string.Create(CultureInfo.CurrentCulture, $"{_count:N0} objects, {_count / Math.Max(0.001, _import!.Elapsed.TotalSeconds):N0} a second")));
        }
    }
}
