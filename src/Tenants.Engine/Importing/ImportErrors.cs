using Tenants.Engine.Errors;

namespace Tenants.Engine.Importing;

/// <summary>Adds to an error what only the import knows.</summary>
internal static class ImportErrors
{
    /// <summary>What all errors of an import end with.</summary>
    public const string Undone = "Nothing was imported.";

    /// <summary>The same error, led by the object and column that it is about.</summary>
    /// <param name="error">The error.</param>
    /// <param name="number">The object's number, from 1.</param>
    /// <param name="column">The column, where it is known.</param>
    public static TenantException OfObject(this TenantException error, long number, string? column) =>
        error.With($"Object {number}{(column is null ? "" : $", column '{column}'")}: {error.Message} {Undone}");
}
