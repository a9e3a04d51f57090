using System.Runtime.InteropServices;
using Xunit;

namespace Tenants.PowerShell.Tests.Shell;

/// <summary>What the build compiles for one machine is loaded as a whole or not at all.</summary>
public sealed class NativeFolderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_half_made_folder_is_passed_over(bool isMarkedComplete)
    {
        var copy = Directory.CreateTempSubdirectory("tenants-module-").FullName;
        try
        {
            Copy(Path.GetDirectoryName(ModuleRunner.Manifest)!, copy);
            var native = Directory.CreateDirectory(Path.Combine(copy, "module", "bin", "native", RuntimeInformation.RuntimeIdentifier)).FullName;
            await File.WriteAllTextAsync(Path.Combine(native, "Npgsql.dll"), "half", TestContext.Current.CancellationToken);
            if (isMarkedComplete)
            {
                await File.WriteAllTextAsync(Path.Combine(native, "complete"), "", TestContext.Current.CancellationToken);
            }

            using var script = new TemporaryScript($"$ErrorActionPreference = 'Stop'; Import-Module '{Path.Combine(copy, "Tenants.psd1")}' -Force; \"connections: $(@(Get-TenantDatabase).Count)\"");
            var result = await ShellProcess.RunAsync("", script.Path);

            // Control: with the mark it is taken, and cannot be used.
            Assert.Equal(!isMarkedComplete, result.ExitCode == 0 && result.Output.Contains("connections: 0", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static void Copy(string from, string to)
    {
        File.Copy(Path.Combine(from, "Tenants.psd1"), Path.Combine(to, "Tenants.psd1"));
        var module = Path.Combine(from, "module");
        foreach (var file in Directory.EnumerateFiles(module, "*", SearchOption.AllDirectories).Where(f => !f.Contains($"{Path.DirectorySeparatorChar}native{Path.DirectorySeparatorChar}", StringComparison.Ordinal)))
        {
            var target = Path.Combine(to, "module", Path.GetRelativePath(module, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
