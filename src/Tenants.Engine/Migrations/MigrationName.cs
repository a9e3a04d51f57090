using System.Text.RegularExpressions;

namespace Tenants.Engine.Migrations;

/// <summary>A migration's name, checked: it becomes part of file names and of a class's name.</summary>
internal sealed partial class MigrationName
{
    private const int MaxLength = 80;

    private MigrationName(string text) => Text = text;

    /// <summary>The name as files have it.</summary>
    public string Text { get; }

    /// <summary>Takes what was typed.</summary>
    /// <exception cref="TenantException"><c>InvalidMigrationName</c>.</exception>
    public static MigrationName Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var text = name.Trim().Replace(' ', '_');
        return text.Length <= MaxLength && Allowed().IsMatch(text)
            ? new MigrationName(text)
            : throw new TenantException(
                "InvalidMigrationName",
                TenantErrorKind.InvalidArgument,
                $"A migration's name has 1 to {MaxLength} of the letters a to z, digits, '_' and '-', and begins with a letter or a digit; spaces become '_'. It becomes part of file names and of a class's name. Name it like this: add_tenancy.")
            {
                Target = name,
            };
    }

    /// <summary>The name of one of several: with its number and what it does.</summary>
    public string Of(int index, IReadOnlyList<MigrationUnit> units)
    {
        var digits = units.Count > 99 ? "D3" : "D2";
        return units.Count == 1 ? Text : $"{Text}_{(index + 1).ToString(digits, System.Globalization.CultureInfo.InvariantCulture)}_{units[index].Topic.Word}";
    }

    /// <summary>A file's name as a class is named: <c>AddTenancy</c>.</summary>
    public static string ToClass(string name)
    {
        var joined = string.Concat(name.Split('_', '-').Where(p => p.Length > 0).Select(p => char.ToUpperInvariant(p[0]) + p[1..]));
        return char.IsAsciiDigit(joined[0]) ? "Migration" + joined : joined;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9_-]*\\z")]
    private static partial Regex Allowed();
}
