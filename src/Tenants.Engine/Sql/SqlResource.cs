using System.Reflection;

namespace Tenants.Engine.Sql;

/// <summary>SQL that stands in a file of its own, embedded in this assembly, with <c>{name}</c> for what is filled in.</summary>
internal static class SqlResource
{
    /// <summary>Reads a file and fills it in.</summary>
    /// <param name="file">The file's name, such as <c>install.sql</c>.</param>
    /// <param name="values">What stands for each <c>{name}</c>: SQL, so already quoted.</param>
    public static string Read(string file, IReadOnlyDictionary<string, string> values)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The assembly holds no {file}.");
        using var reader = new StreamReader(stream);
        var text = reader.ReadToEnd().ReplaceLineEndings("\n");
        foreach (var (name, value) in values)
        {
            text = text.Replace("{" + name + "}", value, StringComparison.Ordinal);
        }

        return text;
    }
}
