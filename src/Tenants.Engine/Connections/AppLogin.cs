using Tenants.Engine.Isolation.Keys;

namespace Tenants.Engine.Connections;

/// <summary>The login of a service that holds no admin credential: its password, and the key that signs for any tenant.</summary>
/// <param name="UserName">The login.</param>
/// <param name="Password">Its password; null where the server asks for none.</param>
/// <param name="Key">Its key, as <c>New-TenantLogin -App</c> gave it.</param>
public sealed record AppLogin(string UserName, string? Password, string Key)
{
    /// <summary>The key, ready to sign.</summary>
    /// <exception cref="TenantException"><c>InvalidSetting</c>.</exception>
    internal SigningKey ToKey() => SigningKey.TryParse(Key, out var key)
        ? key
        : throw SettingSheet.Invalid("-Key (or TENANTS_KEY)", "is not a key as New-TenantLogin -App gives it: tk1, a name of 32 and a key of 64 hexadecimal digits, with dots between");

    /// <summary>The login's name, and nothing else.</summary>
    public override string ToString() => UserName;
}
