namespace Tenants.Engine.Errors;

/// <summary>Says of an error what only who meets it knows.</summary>
internal static class ErrorMessage
{
    /// <summary>The same error with another message.</summary>
    public static TenantException With(this TenantException error, string message) => new(error.ErrorId, error.Kind, message, error.InnerException)
    {
        SqlState = error.SqlState,
        Detail = error.Detail,
        Hint = error.Hint,
        Constraint = error.Constraint,
        Table = error.Table,
        Tenant = error.Tenant,
        Target = error.Target,
    };
}
