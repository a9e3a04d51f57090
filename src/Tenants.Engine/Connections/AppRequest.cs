namespace Tenants.Engine.Connections;

/// <summary>An app login that was asked for by name.</summary>
/// <param name="UserName">The login.</param>
/// <param name="Password">Its password; null or empty where the server asks for none.</param>
/// <param name="Key">Its key; null to take it from <c>TENANTS_KEY</c>.</param>
public sealed record AppRequest(string UserName, string? Password, string? Key)
{
    /// <summary>The login's name, and nothing else.</summary>
    public override string ToString() => UserName;
}
