using System.Management.Automation;
using Tenants.Engine.Isolation.Logins;

namespace Tenants.Commands;

/// <summary>Lists the logins that tenants' SQL runs as, with how they are used; never a secret.</summary>
[Cmdlet(VerbsCommon.Get, "TenantLogin")]
[OutputType(typeof(TenantLogin))]
public sealed class GetTenantLoginCommand : TenantConnectionCmdlet
{
    /// <summary>Names; wildcards are allowed, and the case counts. Unless given: all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Only the logins that are bound to these tenants; wildcards are allowed, and the case counts.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Tenant { get; set; }

    /// <summary>Only logins of these kinds.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public TenantLoginKind[]? Kind { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var registry = await LoginRegistry.OpenAsync(await GetDatabaseAsync(), StopToken);
        var logins = await registry.ListAsync(StopToken);
        foreach (var name in Name)
        {
            var named = logins.Where(l => Matches(name, l.Name)).ToList();
            if (named.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteFailure(new TenantException("LoginNotFound", TenantErrorKind.NotFound, $"'{name}' is no login of the tenants. Get-TenantLogin without a name lists them."), name);
            }

            WriteObject(named.Where(IsWanted), enumerateCollection: true);
        }
    }

    private bool IsWanted(TenantLogin login) =>
        (Kind is null || Kind.Contains(login.Kind))
        && (Tenant is null || (login.Tenant is { } tenant && Tenant.Any(t => Matches(t, tenant))));

    private static bool Matches(string pattern, string text) => pattern == text || new WildcardPattern(pattern).IsMatch(text);
}
