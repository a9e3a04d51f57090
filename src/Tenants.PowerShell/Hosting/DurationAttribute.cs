using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace Tenants.Hosting;

/// <summary>Takes a length of time as people write it: <c>'30m'</c>, <c>'8h'</c>, <c>'7d'</c>, beside what is a TimeSpan or the text of one.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed partial class DurationAttribute : ArgumentTransformationAttribute
{
    private const string Forms = "Write it as '90s', '30m', '8h' or '7d', as '01:30:00', or give a TimeSpan.";

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if ((inputData is PSObject wrapper ? wrapper.BaseObject : inputData) is TimeSpan span)
        {
            return span;
        }

        // PowerShell reads a bare 7d as the decimal 7, and remembers how it was written. A plain number would be so many ticks of 100 ns: refused.
        return Parse(LanguagePrimitives.ConvertTo<string>(inputData)?.Trim() ?? "");
    }

    private static TimeSpan Parse(string text)
    {
        var parts = Form().Match(text);
        if (parts.Success && int.TryParse(parts.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            var seconds = parts.Groups[2].Value.ToUpperInvariant() switch { "S" => 1, "M" => 60, "H" => 3600, _ => 86_400 };
            return TimeSpan.FromSeconds((long)number * seconds);
        }

        return text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span)
            ? span
            : throw new ArgumentTransformationMetadataException($"'{text}' is no length of time. {Forms}");
    }

    [GeneratedRegex(@"^(\d{1,7})\s*([smhd])\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
