using System.Management.Automation;
using System.Security;
using Tenants.Engine.Connections;
using Tenants.Engine.Sandbox;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>
/// Connects to a database; the connection becomes the one that this runspace's cmdlets take. With -AppCredential tenants' SQL runs
/// as that login, and an admin is only who is named beside it: the environment's login is not taken, and no password of its is.
/// </summary>
[Cmdlet(VerbsCommunications.Connect, "TenantDatabase", DefaultParameterSetName = "Server")]
[OutputType(typeof(TenantConnection))]
public sealed class ConnectTenantDatabaseCommand : TenantCmdlet
{
    private const string ServerSet = "Server";
    private const string SandboxSet = "Sandbox";

    /// <summary>A connection string of Npgsql's or libpq's form, or a URI such as postgresql://login@server/database. Other parameters win over it.</summary>
    [Parameter(Position = 0, ParameterSetName = ServerSet)]
    [Alias("Uri")]
    [ValidateNotNullOrEmpty]
    public string? ConnectionString { get; set; }

    /// <summary>A sandbox of Start-TenantSandbox.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ParameterSetName = SandboxSet)]
    [ValidateNotNull]
    public TenantSandbox? Sandbox { get; set; }

    /// <summary>The server: a name, an address, or the folder of a Unix socket. Else POSTGRES_SERVER or PGHOST.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    [Alias("Host", "HostName", "ComputerName")]
    [ValidateNotNullOrEmpty]
    public string? Server { get; set; }

    /// <summary>The port. Else POSTGRES_PORT or PGPORT, else 5432.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    [ValidateRange(1, 65535)]
    public int? Port { get; set; }

    /// <summary>The login and its password. Else POSTGRES_USER and POSTGRES_PASSWORD, or PGUSER, PGPASSWORD and the password file.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>The server that the admin's connections go to, where -Server is a pooler.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    [ValidateNotNullOrEmpty]
    public string? AdminServer { get; set; }

    /// <summary>The port of the admin's connections, where it is another.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    [ValidateRange(1, 65535)]
    public int? AdminPort { get; set; }

    /// <summary>The login, where the password comes from elsewhere.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    [ValidateNotNullOrEmpty]
    public string? UserName { get; set; }

    /// <summary>The name of an entry in libpq's service file. Else PGSERVICE.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    [ValidateNotNullOrEmpty]
    public string? Service { get; set; }

    /// <summary>How far TLS is demanded. Unless given: VerifyFull to another machine, Prefer to this one.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    public TenantSslMode? SslMode { get; set; }

    /// <summary>A file with the certificates of the authorities to trust. Else PGSSLROOTCERT, else those that the machine trusts.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    [ValidateNotNullOrEmpty]
    public string? RootCertificate { get; set; }

    /// <summary>How long connecting may take, in seconds; zero for no limit. Else PGCONNECT_TIMEOUT, else 15.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    [ValidateRange(0, 1024)]
    public int? ConnectTimeout { get; set; }

    /// <summary>The database's name. Else POSTGRES_DB or PGDATABASE.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Database { get; set; }

    /// <summary>The schema in which unqualified names are looked up, before public.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Schema { get; set; }

    /// <summary>How long a statement may run on the server, in seconds; zero for no limit. Else POSTGRES_STATEMENT_TIMEOUT_SECONDS, else 120.</summary>
    [Parameter]
    [ValidateRange(0, 2_000_000)]
    public int? StatementTimeout { get; set; }

    /// <summary>What tenants' sessions must be safe against. Never less is given. Unless given: as $TenantTrustPreference says, else Scoped.</summary>
    [Parameter]
    public TenantTrust? Trust { get; set; }

    /// <summary>An app login of New-TenantLogin -App, as which tenants' SQL runs. To a sandbox it connects alone, as the service will.</summary>
    [Parameter]
    [Credential]
    public PSCredential? AppCredential { get; set; }

    /// <summary>The app login's key. Else TENANTS_KEY.</summary>
    [Parameter]
    [ValidateNotNull]
    public SecureString? Key { get; set; }

    /// <summary>Demands sealed trust, of a server that has the security fixes which row-level security relies on.</summary>
    [Parameter]
    public SwitchParameter RequireSealed { get; set; }

    /// <summary>With -RequireSealed: a server that lacks security fixes will do.</summary>
    [Parameter]
    public SwitchParameter AllowOutdatedServer { get; set; }

    /// <inheritdoc/>
    private protected override TenantTrust WantedTrust => RequireSealed ? TenantTrust.Sealed : Trust ?? base.WantedTrust;

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        if (RequireSealed && Trust == TenantTrust.Scoped)
        {
            throw new TenantException("TrustAmbiguous", TenantErrorKind.InvalidArgument, "-RequireSealed wants sealed trust, and -Trust Scoped wants less: leave one out.");
        }

        if (Key is not null && AppCredential is null)
        {
            throw new TenantException("SettingMissing", TenantErrorKind.InvalidArgument, "-Key is an app login's: give the login and its password by -AppCredential.");
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await OpenAsync();
        RunspaceHoldings.Current.Add(database);
        foreach (var warning in database.Warnings)
        {
            WriteWarning(warning);
        }

        WriteObject(database);
    }

    private async Task<TenantDatabase> OpenAsync()
    {
        var database = await TenantDatabase.OpenAsync(SettingsReader.Read(Request()), StopToken);
        try
        {
            if (RequireSealed)
            {
                SealedDemand.Check(database, AllowOutdatedServer);
            }

            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    private ConnectionRequest Request() => Place() with
    {
        Schema = Schema,
        StatementTimeout = StatementTimeout,
        Trust = WantedTrust,
        App = AppCredential is null ? null : new AppRequest(AppCredential.UserName, Secrets.Reveal(AppCredential), Secrets.Reveal(Key)),
    };

    private ConnectionRequest Place() => Sandbox switch
    {
        PostgresSandbox sandbox when AppCredential is null => new ConnectionRequest
        {
            ConnectionString = sandbox.GetConnectionString(Database),
            UseEnvironment = false,
        },
        PostgresSandbox sandbox => new ConnectionRequest
        {
            Server = sandbox.Server,
            Port = sandbox.Port,
            Database = Database ?? sandbox.Database,
            UseEnvironment = false,
        },
        _ => new ConnectionRequest
        {
            ConnectionString = ConnectionString,
            Server = Server,
            Port = Port,
            Database = Database,
            UserName = UserName ?? Credential?.UserName,
            Password = Secrets.Reveal(Credential),
            AdminServer = AdminServer,
            AdminPort = AdminPort,
            Service = Service,
            SslMode = SslMode,
            RootCertificate = RootCertificate is null ? null : GetUnresolvedProviderPathFromPSPath(RootCertificate),
            ConnectTimeout = ConnectTimeout,
        },
    };
}
