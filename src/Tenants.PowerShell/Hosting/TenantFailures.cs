namespace Tenants.Hosting;

/// <summary>Errors over several tenants.</summary>
internal static class TenantFailures
{
    /// <summary>The same error, with the tenant's name before its message.</summary>
    public static TenantException Of(this TenantException error, string tenant) =>
        new(error.ErrorId, error.Kind, $"Tenant '{tenant}': {error.Message}", error.InnerException)
        {
            SqlState = error.SqlState,
            Detail = error.Detail,
            Hint = error.Hint,
            Constraint = error.Constraint,
            Table = error.Table,
            Tenant = tenant,
            Target = error.Target,
        };
}
