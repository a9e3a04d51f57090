using System.Management.Automation;
using Tenants.Engine.Connections;
using Tenants.Engine.Sandbox;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>The base of the cmdlets that are told where to connect and as whom.</summary>
public abstract class ConnectionParameterCmdlet : TenantCmdlet
{
    private protected const string ServerSet = "Server";
    private protected const string SandboxSet = "Sandbox";

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

    /// <summary>What was asked for.</summary>
    private protected ConnectionRequest Place() => (Sandbox is PostgresSandbox sandbox
        ? new ConnectionRequest
        {
            ConnectionString = sandbox.GetConnectionString(Database),
            UseEnvironment = false,
        }
        : new ConnectionRequest
        {
            ConnectionString = ConnectionString,
            Server = Server,
            Port = Port,
            Database = Database,
            UserName = UserName ?? Credential?.UserName,
            Password = Secrets.Reveal(Credential),
            Service = Service,
            SslMode = SslMode,
            RootCertificate = RootCertificate is null ? null : GetUnresolvedProviderPathFromPSPath(RootCertificate),
            ConnectTimeout = ConnectTimeout,
        }) with
        {
            Schema = Schema,
            StatementTimeout = StatementTimeout,
        };
}
