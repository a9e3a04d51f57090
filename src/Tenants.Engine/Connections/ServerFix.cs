namespace Tenants.Engine.Connections;

/// <summary>A fix that keeping tenants apart depends on.</summary>
/// <param name="Cve">The hole that it closes.</param>
/// <param name="What">What can be done through the hole.</param>
/// <param name="FixedIn">The release of the server's major version that brought it.</param>
internal sealed record ServerFix(string Cve, string What, Version FixedIn);
