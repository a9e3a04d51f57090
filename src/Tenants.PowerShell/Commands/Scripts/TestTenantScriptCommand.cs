using System.Management.Automation;
using Tenants.Engine.Connections;
using Tenants.Engine.Scripts;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>
/// Tests a migration before it runs: runs it twice in transactions that are rolled back, as the login that is to run it and with all rows in
/// sight, and writes each statement that does not do the same or that fails. No object means that nothing was found.
/// </summary>
/// <remarks>
/// Run it on a staging copy: what the script locks stays locked while the test lasts, and an admin who is neither a superuser nor has BYPASSRLS
/// locks each of his tables that has FORCE. Values drawn from sequences, what goes over dblink and files are not rolled back. Each file is tested on the
/// database as it is, not after the files before it. The run with all rows in sight has the admin's rights where he is no superuser.
/// <example>A step of a pipeline: <c>$ErrorActionPreference = 'Stop'; if ($found = Test-TenantScript migration.sql -Login app_owner) { $found; exit 1 }</c></example>
/// </remarks>
[Cmdlet(VerbsDiagnostic.Test, "TenantScript", DefaultParameterSetName = LoginSet)]
[OutputType(typeof(TenantScriptDifference))]
public sealed class TestTenantScriptCommand : TenantConnectionCmdlet
{
    private const string LoginSet = "Login";
    private const string CredentialSet = "Credential";

    /// <summary>The script's files, in UTF-8 or with a byte order mark.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName", "File", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>The login that is to run it, one that the connected login may act as (SET ROLE). Unless given: the connected one.</summary>
    [Parameter(ParameterSetName = LoginSet)]
    [ValidateNotNullOrEmpty]
    public string? Login { get; set; }

    /// <summary>The login that is to run it, with its password: its run goes over a connection of its own.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CredentialSet)]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>How long each statement may run on the server, in seconds; 0 for no limit. Unless given: the connection's limit.</summary>
    [Parameter]
    [ValidateRange(0d, 2_147_483d)]
    public double? Timeout { get; set; }

    /// <summary>Writes every statement, those too that do the same in both runs.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        foreach (var path in Path)
        {
            try
            {
                await TestAsync(database, GetUnresolvedProviderPathFromPSPath(path));
            }
            catch (TenantException e) when ((Path.Length > 1 || MyInvocation.ExpectingInput) && e.ErrorId is not ("ConnectionFailed" or "ConnectionClosed" or "AuthenticationFailed"))
            {
                WriteFailure(e, path);
            }
        }
    }

    private async Task TestAsync(TenantDatabase database, string path)
    {
        // Made here, on the pipeline's thread, for that is where it reports.
        IProgress<ScriptProgress> progress = new Progress<ScriptProgress>(step => Show(path, step));
        var report = await ScriptTester.RunAsync(
            database,
            new ScriptRequest(ScriptFile.Read(path))
            {
                Path = path,
                Login = Credential?.UserName ?? Login,
                Password = Secrets.Reveal(Credential),
                Timeout = Timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            },
            progress.Report,
            OnNotice,
            StopToken);
        WriteProgress(new ProgressRecord(0, $"Testing {System.IO.Path.GetFileName(path)}", "done") { RecordType = ProgressRecordType.Completed });
        WriteNotices();
        foreach (var warning in report.Warnings)
        {
            WriteWarning(warning);
        }

        foreach (var statement in report.Statements)
        {
            if (All || statement.Result is TenantScriptResult.Different or TenantScriptResult.Failed)
            {
                WriteObject(statement);
            }
        }
    }

    private void Show(string path, ScriptProgress step)
    {
        try
        {
            WriteProgress(new ProgressRecord(0, $"Testing {System.IO.Path.GetFileName(path)}", step.AllRows ? "with all rows in sight" : "as the login")
            {
                PercentComplete = ((step.AllRows ? 50 : 0) + (50 * step.Statement / step.Count)) - 1,
                CurrentOperation = $"statement {step.Statement} of {step.Count}",
            });
        }
        catch (PipelineStoppedException)
        {
            // The run hears of that by its token, and is rolled back.
        }
    }
}
