using Tenants.Engine.Errors;

namespace Tenants.Engine.Declarations;

/// <summary>Errors that name their place in a declaration.</summary>
public static class DeclarationError
{
    /// <summary>A mistake in the file.</summary>
    /// <param name="source">The file.</param>
    /// <param name="line">The line, from 1.</param>
    /// <param name="column">The character in the line, from 1.</param>
    /// <param name="message">What is wrong, and what is expected.</param>
    /// <param name="errorId">The error's id.</param>
    public static TenantException At(string source, int line, int column, string message, string errorId = "DeclarationInvalid") =>
        new(errorId, TenantErrorKind.InvalidData, $"{source}, line {line}, column {column}: {message}") { Target = source };

    /// <summary>The same error, with the line that led to it.</summary>
    /// <param name="error">The error.</param>
    /// <param name="source">The file.</param>
    /// <param name="line">The line, from 1.</param>
    internal static TenantException At(this TenantException error, string source, int line) =>
        error.With($"{source}, line {line}: {error.Message}");
}
