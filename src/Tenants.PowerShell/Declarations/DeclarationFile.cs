using System.Management.Automation.Language;
using System.Text;
using Tenants.Engine.Declarations;

namespace Tenants.Declarations;

/// <summary>Reads a declaration from its file. The file is parsed and never run.</summary>
internal static class DeclarationFile
{
    // The declaration of ten thousand tables is a tenth of this. What is larger is another file.
    private const long MostBytes = 16 * 1024 * 1024;

    /// <summary>Reads it.</summary>
    /// <param name="path">Where it is: an absolute path of the file system.</param>
    /// <exception cref="TenantException">
    /// <c>DeclarationNotFound</c>, <c>DeclarationNotReadable</c>, <c>DeclarationInvalid</c>, and what <see cref="DeclarationReader"/> throws.
    /// </exception>
    public static TenancyDeclaration Read(string path)
    {
        var text = ReadText(path);
        var script = Parser.ParseInput(text, out _, out var errors);
        if (errors is [var first, ..])
        {
            throw DeclarationError.At(path, first.Extent.StartLineNumber, first.Extent.StartColumnNumber, $"{first.Message.TrimEnd()} Expected: PowerShell data, @{{ Tables = … }}.");
        }

        return DeclarationReader.Read(new DataReader(path).Read(script), path);
    }

    private static string ReadText(string path)
    {
        if (Directory.Exists(path))
        {
            throw NotReadable(path, "it is a directory. Name the file in it, such as tenancy.psd1");
        }

        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.CanSeek && file.Length > MostBytes)
            {
                throw NotReadable(path, $"it is larger than {MostBytes / 1024 / 1024} MiB, and no declaration is");
            }

            return Decode(path, ReadAll(path, file));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TenantException(
                "DeclarationNotFound",
                TenantErrorKind.NotFound,
                $"There is no file {path}. Export-TenantDeclaration -Path writes one of a database as it is.")
            {
                Target = path,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw NotReadable(path, e.Message.TrimEnd('.'));
        }
    }

    // A pipe or a device tells no length.
    private static byte[] ReadAll(string path, Stream file)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[81920];
        while (file.Read(buffer) is > 0 and var read)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > MostBytes)
            {
                throw NotReadable(path, $"it is larger than {MostBytes / 1024 / 1024} MiB, and no declaration is");
            }
        }

        return bytes.ToArray();
    }

    private static string Decode(string path, byte[] bytes)
    {
        try
        {
            // A byte order mark decides; without one it is UTF-8, as for PowerShell.
            using var reader = new StreamReader(new MemoryStream(bytes), new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true);
            var text = reader.ReadToEnd();
            return !text.Contains('\0', StringComparison.Ordinal)
                ? text
                : throw NotReadable(path, "it holds the character NUL: it is no text, or UTF-16 without a byte order mark. Save it as UTF-8");
        }
        catch (DecoderFallbackException)
        {
            throw NotReadable(path, "it is not in UTF-8, nor does it begin with a byte order mark. Save it as UTF-8");
        }
    }

    private static TenantException NotReadable(string path, string why) =>
        new("DeclarationNotReadable", TenantErrorKind.InvalidArgument, $"The declaration {path} cannot be read: {why}.") { Target = path };
}
