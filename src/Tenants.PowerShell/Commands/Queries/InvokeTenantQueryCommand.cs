using System.Management.Automation;
using Tenants.Engine.Connections;
using Tenants.Engine.Queries;
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

    private Query? _query;

    /// <summary>The SQL: one statement or several. Parameters stand in it as @name or $1.</summary>
    [Parameter(Position = 0)]
    [Alias("Query")]
    [AllowEmptyString]
    public string? Sql { get; set; }

    /// <summary>The tenants, to the letter. Each is asked in a transaction of its own.</summary>
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
                await TryRunAsync(database, tenant.Tenant, isOneOfSeveral: true);
            }
        }
    }

    private async Task RunForEachAsync(TenantDatabase database)
    {
        var isOneOfSeveral = Tenant.Length > 1 || MyInvocation.ExpectingInput;
        foreach (var tenant in Tenant)
        {
            await TryRunAsync(database, tenant, isOneOfSeveral);
        }
    }

    /// <summary>Asks one tenant. Where others are asked too, its failure is one error, and the others are asked all the same.</summary>
    private async Task TryRunAsync(TenantDatabase database, string tenant, bool isOneOfSeveral)
    {
        try
        {
            await RunAsync(database, tenant, isOneOfSeveral);
        }
        catch (TenantException e) when (isOneOfSeveral && e.ErrorId is not ("ConnectionFailed" or "ConnectionClosed" or "DatabaseNotInitialized"))
        {
            WriteNotices();
            WriteFailure(e.Message.Contains($"'{tenant}'", StringComparison.Ordinal) ? e : e.Of(tenant), tenant);
        }
    }

    private async Task RunAsync(TenantDatabase database, string tenant, bool isOneOfSeveral)
    {
        ValueTask<QueryCursor> Open() => TenantQueries.RunAsync(database, tenant, _query!, Options, StopToken);
        try
        {
            await WriteAsync(tenant, isOneOfSeveral ? tenant : null, Open);
        }
        catch (TenantException e) when (CreateIfMissing && e.ErrorId == "TenantNotFound")
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
        catch (TenantException e) when (IsWhatIf && e.SqlState == "25006")
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
