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
[Cmdlet(VerbsCommunications.Connect, "TenantDatabase", DefaultParameterSetName = ServerSet)]
[OutputType(typeof(TenantConnection))]
public sealed class ConnectTenantDatabaseCommand : ConnectionParameterCmdlet
{
    /// <summary>The server that the admin's connections go to, where -Server is a pooler.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    [ValidateNotNullOrEmpty]
    public string? AdminServer { get; set; }

    /// <summary>The port of the admin's connections, where it is another.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    [ValidateRange(1, 65535)]
    public int? AdminPort { get; set; }

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

    /// <summary>A server that lacks security fixes will do where sealed trust is demanded, by this call or by later ones over the connection.</summary>
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
        await KeepAsync(database);
        WriteObject(database);
    }

    private async Task<TenantDatabase> OpenAsync()
    {
        var database = await TenantDatabase.OpenAsync(SettingsReader.Read(Request()), StopToken);
        try
        {
            // A preference demands as much as -RequireSealed; -Trust Sealed only asks.
            if (RequireSealed || (Trust is null && WantedTrust == TenantTrust.Sealed))
            {
                SealedDemand.Check(database);
            }

            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    private ConnectionRequest Request() => RequestedPlace() with
    {
        Trust = WantedTrust,
        AllowOutdatedServer = AllowOutdatedServer,
        App = AppCredential is null ? null : new AppRequest(AppCredential.UserName, Secrets.Reveal(AppCredential), Secrets.Reveal(Key)),
    };

    // To a sandbox an app login connects without the admin's, which the sandbox knows.
    private ConnectionRequest RequestedPlace() => Sandbox is not null && AppCredential is not null
        ? Place() with
        {
            ConnectionString = null,
            Server = Sandbox.Server,
            Port = Sandbox.Port,
            Database = Database ?? Sandbox.Database,
        }
        : Place() with
        {
            AdminServer = AdminServer,
            AdminPort = AdminPort,
        };
}
