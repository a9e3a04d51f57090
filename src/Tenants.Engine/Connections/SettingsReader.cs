namespace Tenants.Engine.Connections;

/// <summary>Reads connection settings from where people keep them.</summary>
public static class SettingsReader
{
    /// <summary>Settings from the environment: <c>POSTGRES_…</c>, else libpq's <c>PG…</c>.</summary>
    /// <exception cref="TenantException"><c>SettingMissing</c>, naming it and all the ways to give it.</exception>
    public static ConnectionSettings FromEnvironment() => throw new NotSupportedException();
}
