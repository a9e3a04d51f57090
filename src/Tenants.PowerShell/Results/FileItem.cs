using System.Management.Automation;

namespace Tenants.Results;

/// <summary>Files as Get-Item gives them: with what its views show of their folder, mode and owner.</summary>
internal static class FileItem
{
    /// <summary>The item of a file that is there.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    /// <param name="path">Its full path. The current location may lie on another provider, so it is named by its own.</param>
    public static PSObject ItemOf(this PSCmdlet cmdlet, string path) =>
        cmdlet.InvokeProvider.Item.Get([$"Microsoft.PowerShell.Core\\FileSystem::{path}"], force: true, literalPath: true)[0];
}
