using System.Management.Automation;
using Tenants.Declarations;
using Tenants.Engine.Connections;
using Tenants.Engine.Declarations;

namespace Tenants.Commands;

/// <summary>What the cmdlets that take <c>-Declaration</c> share.</summary>
internal static class DeclarationInput
{
    /// <summary>The parameter set in which tables are named.</summary>
    public const string ByTable = "Table";

    /// <summary>The parameter set in which a declaration names them.</summary>
    public const string ByDeclaration = "Declaration";

    /// <summary>Reads the file, and finds in the database what it means; says what fits nothing.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    /// <param name="database">The database.</param>
    /// <param name="path">The file, as it was given.</param>
    /// <param name="stop">Stops it.</param>
    /// <exception cref="TenantException">What <see cref="DeclarationFile"/> and <see cref="DeclarationPlanner"/> throw.</exception>
    public static async Task<ResolvedDeclaration> ReadDeclarationAsync(this PSCmdlet cmdlet, TenantDatabase database, string path, CancellationToken stop)
    {
        var declaration = DeclarationFile.Read(DeclarationPath.Resolve(cmdlet.SessionState, path));
        var resolved = await DeclarationPlanner.ResolveAsync(database, declaration, stop);
        foreach (var warning in resolved.Warnings)
        {
            cmdlet.WriteWarning(warning);
        }

        return resolved;
    }

    /// <summary>The same, for what reads or goes on without them: each declared table that is not there is one error, and the others go on.</summary>
    /// <inheritdoc cref="ReadDeclarationAsync"/>
    public static async Task<ResolvedDeclaration> ReadStandingAsync(this PSCmdlet cmdlet, TenantDatabase database, string path, CancellationToken stop)
    {
        var resolved = await cmdlet.ReadDeclarationAsync(database, path, stop);
        foreach (var missing in resolved.Missing)
        {
            cmdlet.WriteError(missing.Error.ToErrorRecord(missing.Table));
        }

        return resolved;
    }
}
