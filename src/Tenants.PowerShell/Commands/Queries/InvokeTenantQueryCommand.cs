using System.Management.Automation;
using System.Runtime.ExceptionServices;
using Tenants.Engine.Connections;
using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Many;
using Tenants.Engine.Sessions;
using Tenants.Engine.Tenants;
using Tenants.Hosting;
using Tenants.Results;

namespace Tenants.Commands;

/// <summary>Runs SQL as one tenant, several, all, in a session, or as the admin. Rows come as they are read.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "TenantQuery", DefaultParameterSetName = OfTenant, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(TenantRow), typeof(PSObject))]
public sealed class InvokeTenantQueryCommand : TenantConnectionCmdlet
{
    private const string OfTenant = "Tenant";
    private const string OfSession = "Session";
    private const string OfAll = "AllTenants";
    private const string OfAdmin = "AsAdmin";

    private const string ReadOnlyTransaction = "25006";

    private Query? _query;
    private ManyTenantsWriter? _many;

    /// <summary>The SQL: one statement or several. Parameters stand in it as @name or $1.</summary>
    [Parameter(Position = 0)]
    [Alias("Query")]
    [AllowEmptyString]
    public string? Sql { get; set; }

    /// <summary>
    /// The tenants, to the letter. Each is asked in a transaction of its own; where there are several, -ThrottleLimit of them at once,
    /// and their objects come tenant by tenant in the order in which they are there, unless -KeepOrder.
    /// </summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = OfTenant)]
    [Alias("Id")]
    [ValidateNotNullOrEmpty]
    public string[] Tenant { get; set; } = [];

    /// <summary>The session to run it in.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = OfSession)]
    [ValidateNotNull]
    public TenantSession? Session { get; set; }

    /// <summary>Asks every tenant that is active.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OfAll)]
    public SwitchParameter AllTenants { get; set; }

    /// <summary>Runs it as the login itself, which sees the rows of all tenants.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OfAdmin)]
    public SwitchParameter AsAdmin { get; set; }

    /// <summary>The values: a hashtable or an object for @name, an array for $1, $2 ….</summary>
    [Parameter(Position = 1)]
    public object? Parameter { get; set; }

    /// <summary>A file with the SQL, in UTF-8 or with a byte order mark.</summary>
    [Parameter]
    [Alias("Path")]
    [ValidateNotNullOrEmpty]
    public string? File { get; set; }

    /// <summary>The form in which rows are written.</summary>
    [Parameter]
    public TenantQueryOutput As { get; set; }

    /// <summary>How long each statement may run on the server, in seconds; 0 for no limit. Unless given: the connection's limit.</summary>
    [Parameter]
    [ValidateRange(0d, 2_147_483d)]
    public double? Timeout { get; set; }

    /// <summary>Creates a tenant that is not there yet.</summary>
    [Parameter(ParameterSetName = OfTenant)]
    public SwitchParameter CreateIfMissing { get; set; }

    /// <summary>
    /// How many tenants are asked at once, each over a connection of its own; 5 unless given, as for ForEach-Object -Parallel, and fewer
    /// where the server grants fewer connections. 1 asks one after the other, each as soon as it comes.
    /// </summary>
    [Parameter(ParameterSetName = OfTenant)]
    [Parameter(ParameterSetName = OfAll)]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit { get; set; } = ManyTenantsOptions.DefaultThrottleLimit;

    /// <summary>
    /// Objects come in the order of the tenants. Unless given, a tenant's objects come as soon as they are there, so that one that is slow to
    /// give its first row holds nobody up; those of one tenant stay together either way, so one that has begun is read to its end first. Each tells whose it is.
    /// A tenant that waits for its turn for more than five seconds with more rows than are kept is stopped, undone and run again: its statement may run twice.
    /// </summary>
    [Parameter(ParameterSetName = OfTenant)]
    [Parameter(ParameterSetName = OfAll)]
    public SwitchParameter KeepOrder { get; set; }

    /// <summary>Refuses a connection or session that is not sealed, before anything is sent. Unless given: as $TenantTrustPreference says.</summary>
    [Parameter(ParameterSetName = OfTenant)]
    [Parameter(ParameterSetName = OfSession)]
    [Parameter(ParameterSetName = OfAll)]
    public SwitchParameter RequireSealed { get; set; }

    /// <inheritdoc/>
    private protected override TenantTrust WantedTrust => SealedNeed.Of(this);

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        _query = Query.Parse(ReadSql(), ParameterReader.Read(Parameter), asTenant: !AsAdmin);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        switch (ParameterSetName)
        {
            case OfSession:
                SealedNeed.Check(WantedTrust, Session!);
                await RunInSessionAsync((OpenSession)Session!);
                break;
            case OfAdmin:
                var admin = await GetDatabaseAsync();
                await WriteAsync(admin.UserName, null, () => new(TenantQueries.RunAsAdmin(admin, _query!, Options, StopToken)));
                break;
            case OfAll:
                await RunForAllAsync(await GetTenantsDatabaseAsync());
                break;
            case OfTenant when Tenant.Length == 0:
                // Not Mandatory: PowerShell would ask for it, and a script would wait for an answer.
                throw new TenantException(
                    "TenantRequired", TenantErrorKind.InvalidArgument, "Say as whom it runs: -Tenant acme, -Session $session, -AllTenants, or -AsAdmin.");
            default:
                await RunForEachAsync(await GetTenantsDatabaseAsync());
                break;
        }
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (_many is not null)
        {
            await OrStopAsync(_many.FinishAsync);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _many is { } many)
        {
            // Where a command before or after it in the pipeline ended that, nothing of its own is called but this.
            PipelineContext.Run(() => many.DisposeAsync().AsTask());
        }

        base.Dispose(disposing);
    }

    private QueryOptions Options => new()
    {
        Timeout = Timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        OnNotice = OnNotice,

        // What looks like a read may write all the same: EXPLAIN ANALYZE, or a function.
        ReadOnly = IsWhatIf,
    };

    private async Task<TenantDatabase> GetTenantsDatabaseAsync()
    {
        var database = await GetDatabaseAsync();
        SealedNeed.Check(WantedTrust, database);
        return database;
    }

    private string ReadSql()
    {
        if (Sql is not null == File is not null)
        {
            throw new TenantException("QueryAmbiguous", TenantErrorKind.InvalidArgument, "Give the SQL as text or by -File, one of the two.");
        }

        return File is null ? Sql! : ScriptFile.Read(GetUnresolvedProviderPathFromPSPath(File));
    }

    private async Task RunInSessionAsync(OpenSession session)
    {
        try
        {
            await WriteAsync(session.Tenant, null, () => new(session.Run(_query!, Options, StopToken)));
        }
        catch (TenantException e) when (MyInvocation.ExpectingInput)
        {
            WriteFailure(e, session);
        }
    }

    private async Task RunForAllAsync(TenantDatabase database)
    {
        var registry = await TenantRegistry.OpenAsync(database, StopToken);
        await foreach (var tenant in registry.ListAsync(null, StopToken))
        {
            if (tenant.State == TenantState.Active)
            {
                await RunAsOneOfSeveralAsync(database, tenant.Tenant, () => registry.CountActiveAsync(StopToken));
            }
        }
    }

    private async Task RunForEachAsync(TenantDatabase database)
    {
        if (Tenant.Length == 1 && !MyInvocation.ExpectingInput)
        {
            await RunAsync(database, Tenant[0], isOneOfSeveral: false);
            return;
        }

        var count = Task.FromResult<long>(Tenant.Length);
        foreach (var tenant in Tenant)
        {
            await RunAsOneOfSeveralAsync(database, tenant, MyInvocation.ExpectingInput ? null : () => count);
        }
    }

    /// <summary>Asks one tenant, others meanwhile. Its failure is one error, and the others are asked all the same.</summary>
    private async Task RunAsOneOfSeveralAsync(TenantDatabase database, string tenant, Func<Task<long>>? count)
    {
        if (_many is not null || RunsSeveralAtOnce(database))
        {
            if (!_query!.MayWrite || ShouldProcess(tenant, _query.Summary))
            {
                _many ??= StartMany(database, count);
                await OrStopAsync(() => _many.AddAsync(tenant));
            }

            return;
        }

        try
        {
            await RunAsync(database, tenant, isOneOfSeveral: true);
        }
        catch (TenantException e) when (!EndsAll(e))
        {
            WriteNotices();
            WriteFailureOf(e, tenant);
        }
    }

    // Who is asked about each may want to see what came of the last before he answers.
    private bool RunsSeveralAtOnce(TenantDatabase database) =>
        !(_query!.MayWrite && IsAsked) && ManyTenantsQuery.MostAtOnce(database, ThrottleLimit) > 1;

    private bool IsAsked => MyInvocation.BoundParameters.TryGetValue("Confirm", out var bound)
        ? ((SwitchParameter)bound).IsPresent
        : LanguagePrimitives.TryConvertTo<ConfirmImpact>(SessionState.PSVariable.GetValue("ConfirmPreference"), out var impact) && impact == ConfirmImpact.Low;

    private ManyTenantsWriter StartMany(TenantDatabase database, Func<Task<long>>? count)
    {
        var options = new ManyTenantsOptions
        {
            Query = Options,
            ThrottleLimit = ThrottleLimit,
            KeepOrder = KeepOrder,
            CreateSink = (tenant, write) => QueryWriter.Create(As, tenant, write),
            OnMissing = CreateIfMissing && !IsWhatIf ? (tenant, stop) => MissingTenant.CreateAsync(database, tenant, stop) : null,
        };
        return new ManyTenantsWriter(
            new ManyTenantsQuery(database, _query!, options, StopToken),
            new ManyTenantsProgress(this, MyInvocation.MyCommand.Name) { Count = count },
            WriteItem,
            End);
    }

    private void WriteItem(object? item)
    {
        if (item is ServerNotice notice)
        {
            WriteNotice(notice);
            return;
        }

        WriteObject(item, enumerateCollection: false);
    }

    private void End(TenantRun run)
    {
        if (run.WasCreated)
        {
            WriteVerbose($"Created the tenant '{run.Tenant}'.");
        }

        switch (run.Failure)
        {
            case null:
                break;
            case TenantException e when IsWhatIf && e.SqlState == ReadOnlyTransaction:
                ShouldProcess(run.Tenant, _query!.Summary);
                break;
            case TenantException e when !EndsAll(e):
                WriteFailureOf(e, run.Tenant);
                break;
            case var failure:
                ExceptionDispatchInfo.Throw(failure);
                break;
        }
    }

    /// <summary>Whatever ends the pipeline ends all that runs.</summary>
    private async Task OrStopAsync(Func<Task> body)
    {
        try
        {
            await body();
        }
        catch
        {
            await _many!.DisposeAsync();
            throw;
        }
    }

    private static bool EndsAll(TenantException e) => e.ErrorId is "ConnectionFailed" or "ConnectionClosed" or "DatabaseNotInitialized";

    private void WriteFailureOf(TenantException e, string tenant) =>
        WriteFailure(e.Message.Contains($"'{tenant}'", StringComparison.Ordinal) ? e : e.Of(tenant), tenant);

    private async Task RunAsync(TenantDatabase database, string tenant, bool isOneOfSeveral)
    {
        ValueTask<QueryCursor> Open() => TenantQueries.RunAsync(database, tenant, _query!, Options, StopToken);
        try
        {
            await WriteAsync(tenant, isOneOfSeveral ? tenant : null, Open);
        }
        catch (TenantException e) when (CreateIfMissing && !IsWhatIf && e.ErrorId == "TenantNotFound")
        {
            await MissingTenant.CreateAsync(database, tenant, StopToken);
            WriteVerbose($"Created the tenant '{tenant}'.");
            await WriteAsync(tenant, isOneOfSeveral ? tenant : null, Open, isConfirmed: true);
        }
    }

    private async Task WriteAsync(string target, string? tenant, Func<ValueTask<QueryCursor>> open, bool isConfirmed = false)
    {
        // In the user's own transaction the server is not told to refuse writes.
        var isShown = IsWhatIf && Session is { TransactionDepth: > 0 };
        if ((_query!.MayWrite || isShown) && !isConfirmed && !ShouldProcess(target, _query.Summary))
        {
            return;
        }

        try
        {
            await using var cursor = await open();
            var writer = QueryWriter.Create(As, tenant, Write);
            while (await cursor.NextResultAsync())
            {
                writer.StartResult(cursor);
                while (await cursor.ReadAsync())
                {
                    writer.Row(cursor);
                }
            }

            writer.End(cursor);
        }
        catch (TenantException e) when (IsWhatIf && e.SqlState == ReadOnlyTransaction)
        {
            ShouldProcess(target, _query.Summary);
        }
        finally
        {
            WriteLastNotices();
        }
    }

    private void Write(object? value)
    {
        WriteNotices();
        WriteObject(value, enumerateCollection: false);
    }

    private void WriteLastNotices()
    {
        try
        {
            WriteNotices();
        }
        catch (PipelineStoppedException)
        {
            // Nobody listens any more.
        }
    }
}
