using System.Globalization;
using System.Text;

namespace Tenants.Engine.Tenants;

/// <summary>A tenant's identifier in its one canonical form, so that what is equal to the database is equal here.</summary>
public readonly record struct TenantId
{
    /// <summary>The longest identifier, in characters as PostgreSQL counts them (Unicode code points).</summary>
    public const int MaxLength = 255;

    private TenantId(string value) => Value = value;

    /// <summary>The identifier that no tenant has.</summary>
    internal static TenantId None => new("");

    /// <summary>The identifier as text.</summary>
    public string Value { get; }

    /// <summary>Checks an identifier and brings it to its canonical form.</summary>
    /// <param name="text">What the user gave.</param>
    /// <param name="type">The type of identifiers in the database.</param>
    /// <exception cref="TenantException"><c>InvalidTenant</c>: it cannot be a tenant's identifier.</exception>
    public static TenantId Parse(string text, TenantIdType type)
    {
        ArgumentNullException.ThrowIfNull(text);
        return type switch
        {
            TenantIdType.Integer when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                => new(number.ToString(CultureInfo.InvariantCulture)),
            TenantIdType.Bigint when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                => new(number.ToString(CultureInfo.InvariantCulture)),
            TenantIdType.Uuid when Guid.TryParse(text, out var guid) => new(guid.ToString("D")),
            TenantIdType.Text => new(CheckText(text)),
            _ => throw Invalid(text, $"this database's tenants are of type {type.ToString().ToLowerInvariant()}"),
        };
    }

    /// <summary>An identifier that the database itself returned.</summary>
    internal static TenantId FromDatabase(string value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static string CheckText(string text)
    {
        // Two texts that look the same must be the same, or two tenants are taken for one by people.
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            length++;
            var category = Rune.GetUnicodeCategory(rune);
            if (category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator || rune == Rune.ReplacementChar)
            {
                throw Invalid(text, $"it holds the control or format character U+{rune.Value:X4}");
            }
        }

        return length switch
        {
            0 => throw Invalid(text, "it is empty"),
            > MaxLength => throw Invalid(text, $"it has {length} characters, and {MaxLength} are the most"),
            _ when !text.IsNormalized(NormalizationForm.FormC) => throw Invalid(text, "it is not in Unicode's normal form C (NFC)"),
            _ => text,
        };
    }

    private static TenantException Invalid(string text, string reason)
    {
        // Control characters are what may be wrong with it, so they are not written to a terminal.
        var shown = new string(text.Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format ? '?' : c).Take(80).ToArray());
        return new TenantException(
            "InvalidTenant",
            TenantErrorKind.InvalidArgument,
            $"'{shown}' cannot be a tenant's identifier: {reason}. An identifier is an integer, a bigint or a UUID, as the database has it, or text of 1 to {MaxLength} characters in NFC with no control or format character.")
        {
            Target = text,
        };
    }
}
