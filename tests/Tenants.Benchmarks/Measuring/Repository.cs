namespace Tenants.Benchmarks.Measuring;

/// <summary>Where the files of this repository are, found upwards from the program.</summary>
internal static class Repository
{
    /// <summary>Its folder.</summary>
    public static string Root { get; } = Find();

    /// <summary>The module's manifest.</summary>
    public static string Manifest { get; } = Path.Combine(Root, "Tenants.psd1");

    /// <summary>What a project of the tests' was built to.</summary>
    public static string Built(string project, string file, string framework = "net10.0") =>
        Path.Combine(Root, "tests", project, "bin", "Release", framework, file);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Tenants.psd1")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("No Tenants.psd1 above the benchmarks.");
    }
}
