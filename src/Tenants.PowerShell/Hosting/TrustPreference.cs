using System.Management.Automation;

namespace Tenants.Hosting;

/// <summary>What a script demands for all of its calls: <c>$TenantTrustPreference = 'Sealed'</c>, in its own scope, as PowerShell's preferences are.</summary>
internal static class TrustPreference
{
    private const string Variable = "TenantTrustPreference";

    /// <summary>The trust that the calling script prefers; <c>Scoped</c> where it says nothing.</summary>
    /// <exception cref="TenantException"><c>InvalidPreference</c>: a misspelt one would be less than what was meant.</exception>
    public static TenantTrust Read(SessionState state)
    {
        var value = state.PSVariable.GetValue(Variable);
        var text = (value is PSObject wrapper ? wrapper.BaseObject : value)?.ToString();
        if (string.IsNullOrEmpty(text))
        {
            return TenantTrust.Scoped;
        }

        return Enum.GetValues<TenantTrust>().Cast<TenantTrust?>().FirstOrDefault(t => string.Equals(t.ToString(), text, StringComparison.OrdinalIgnoreCase))
            ?? throw new TenantException(
                "InvalidPreference",
                TenantErrorKind.InvalidArgument,
                $"${Variable} is '{text}'. It may be {string.Join(" or ", Enum.GetNames<TenantTrust>().Select(n => $"'{n}'"))}.")
            {
                Target = Variable,
            };
    }
}
