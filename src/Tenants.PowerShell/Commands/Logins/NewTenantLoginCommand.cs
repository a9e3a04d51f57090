using System.Management.Automation;
using Tenants.Engine.Isolation.Logins;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>Makes a login: one that is one tenant's for ever, or one for a service that runs tenants' SQL without an admin's credential.</summary>
[Cmdlet(VerbsCommon.New, "TenantLogin", DefaultParameterSetName = OfTenant, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(TenantLoginSecret))]
public sealed class NewTenantLoginCommand : TenantConnectionCmdlet
{
    private const string OfTenant = "Tenant";
    private const string OfApp = "App";

    // Beyond this the server's own dates end.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(36_500);

    /// <summary>The tenants, to the letter; a login for each.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = OfTenant)]
    [Alias("Id")]
    [ValidateNotNullOrEmpty]
    public string[] Tenant { get; set; } = [];

    /// <summary>Makes a login for a service, with a key that signs for any tenant. It runs tenants' SQL and nothing else.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OfApp)]
    public SwitchParameter App { get; set; }

    /// <summary>The login's name; unless given, one that tells whose database it is of. With -App, a login of that name that a DBA made for this is taken over, after a question: it keeps its password.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>How long it lives: '30m', '8h', '7d', or a TimeSpan. Unless given: 8 hours for a tenant's, no end for an app's.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? ValidFor { get; set; }

    /// <summary>How many connections it may have at once. Unless given: any number.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int? ConnectionLimit { get; set; }

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        if (ValidFor is { } life && (life <= TimeSpan.Zero || life > s_longest))
        {
            throw new TenantException("InvalidDuration", TenantErrorKind.InvalidArgument, "-ValidFor is more than nothing and at most 36500 days.") { Target = life };
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (Name is not null && Tenant.Length > 1)
        {
            throw new TenantException("LoginExists", TenantErrorKind.InvalidArgument, "-Name names one login, and each tenant gets a login of its own: leave -Name out, or give one tenant.");
        }

        var registry = await LoginRegistry.OpenAsync(await GetDatabaseAsync(), StopToken);
        if (App)
        {
            await MakeAppAsync(registry);
            return;
        }

        foreach (var tenant in Tenant)
        {
            try
            {
                if (AskTo(tenant, "Make a login"))
                {
                    await MakeAsync(registry, new LoginRequest(TenantLoginKind.Bound) { Tenant = tenant, Name = Name, ValidFor = ValidFor ?? TimeSpan.FromHours(8) });
                }
            }
            catch (TenantException e) when ((Tenant.Length > 1 || MyInvocation.ExpectingInput) && e.Kind is not TenantErrorKind.Connection)
            {
                WriteFailure(e, tenant);
            }
        }
    }

    private async Task MakeAppAsync(LoginRegistry registry)
    {
        var request = new LoginRequest(TenantLoginKind.App) { Name = Name, ValidFor = ValidFor };
        var takesOver = await registry.TakesOverAsync(request, StopToken);
        if (takesOver ? AskHighTo($"the login {Name}", $"Take over the login {Name}, which was there before") : AskTo(Name ?? "a random name", "Make an app login, which may be any tenant"))
        {
            await MakeAsync(registry, request with { TakeOver = takesOver });
        }
    }

    private async Task MakeAsync(LoginRegistry registry, LoginRequest request)
    {
        var secret = await registry.CreateAsync(request with { ConnectionLimit = ConnectionLimit }, StopToken);
        if (secret.IsAdopted)
        {
            var kept = ConnectionLimit is null ? "password, which this command does not know, stays" : "password, which this command does not know, and connection limit stay";
            WriteWarning($"The login '{secret.Name}' was taken over. Its {kept} as whoever made it gave it. -ValidFor, if given, ends the key.");
        }

        WriteObject(secret.ToOutput());
    }
}
