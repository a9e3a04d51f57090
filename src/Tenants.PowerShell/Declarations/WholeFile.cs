using System.Text;

namespace Tenants.Declarations;

/// <summary>Writes a file whole or not at all: whoever reads it at the same time, or after a crash, never finds half of it.</summary>
internal static class WholeFile
{
    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    /// <exception cref="TenantException"><c>DeclarationAlreadyExists</c>, <c>DeclarationNotWritable</c>.</exception>
    public static async Task WriteAsync(string path, string text, bool overwrite, CancellationToken cancellationToken)
    {
        var beside = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
        try
        {
            await using (var file = new FileStream(beside, FileMode.CreateNew, FileAccess.Write))
            {
                await file.WriteAsync(new UTF8Encoding(false).GetBytes(text), cancellationToken);
                file.Flush(flushToDisk: true);
            }

            // A link stays one: what it points at is replaced.
            var target = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
            if (!OperatingSystem.IsWindows() && File.Exists(target))
            {
                File.SetUnixFileMode(beside, File.GetUnixFileMode(target));
            }

            File.Move(beside, target, overwrite);
        }
        catch (IOException) when (!overwrite && File.Exists(path))
        {
            throw Exists(path);
        }
        catch (DirectoryNotFoundException)
        {
            throw new TenantException("DeclarationNotWritable", TenantErrorKind.InvalidArgument, $"{path} cannot be written: there is no directory {Path.GetDirectoryName(path)}. Make it first.") { Target = path };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new TenantException("DeclarationNotWritable", TenantErrorKind.InvalidArgument, $"{path} cannot be written: {e.Message.Replace(beside, path, StringComparison.Ordinal)}") { Target = path };
        }
        finally
        {
            if (File.Exists(beside))
            {
                File.Delete(beside);
            }
        }
    }

    /// <summary>Refuses to overwrite.</summary>
    public static TenantException Exists(string path) =>
        new("DeclarationAlreadyExists", TenantErrorKind.AlreadyExists, $"{path} is there already. Give -Force to overwrite it, or another -Path.") { Target = path };
}
