using System.Management.Automation;

namespace Tenants.Commands;

/// <summary>The one place where an exception becomes PowerShell's error record.</summary>
internal static class ErrorRecords
{
    /// <summary>The error record of an exception: its id, its category, its target.</summary>
    public static ErrorRecord ToErrorRecord(this TenantException exception, object? target = null)
    {
        var record = new ErrorRecord(exception, exception.ErrorId, Category(exception.Kind), target ?? exception.Target ?? exception.Tenant ?? exception.Table);
        if (exception.Hint is { } hint)
        {
            record.ErrorDetails = new ErrorDetails(exception.Message) { RecommendedAction = hint };
        }

        return record;
    }

    private static ErrorCategory Category(TenantErrorKind kind) => kind switch
    {
        TenantErrorKind.InvalidArgument => ErrorCategory.InvalidArgument,
        TenantErrorKind.NotFound => ErrorCategory.ObjectNotFound,
        TenantErrorKind.AlreadyExists => ErrorCategory.ResourceExists,
        TenantErrorKind.PermissionDenied => ErrorCategory.PermissionDenied,
        TenantErrorKind.Authentication => ErrorCategory.AuthenticationError,
        TenantErrorKind.Connection => ErrorCategory.ConnectionError,
        TenantErrorKind.Timeout => ErrorCategory.OperationTimeout,
        TenantErrorKind.Stopped => ErrorCategory.OperationStopped,
        TenantErrorKind.InvalidState => ErrorCategory.InvalidOperation,
        TenantErrorKind.InvalidData => ErrorCategory.InvalidData,
        TenantErrorKind.Syntax => ErrorCategory.SyntaxError,
        TenantErrorKind.Resource => ErrorCategory.ResourceUnavailable,
        TenantErrorKind.NotSupported => ErrorCategory.NotImplemented,
        _ => ErrorCategory.InvalidResult,
    };
}
