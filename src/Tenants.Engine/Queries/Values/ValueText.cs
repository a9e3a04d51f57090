using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace Tenants.Engine.Queries.Values;

/// <summary>The text of a single value in a form that the server reads for any of the types that the value can stand for, whatever the culture.</summary>
internal static class ValueText
{
    private const string Infinity = "infinity";

    /// <summary>The text of a value.</summary>
    /// <param name="name">What messages call it by.</param>
    /// <param name="value">The value, free of wrappers of PowerShell's.</param>
    /// <exception cref="TenantException"><c>ParameterNotSupported</c>.</exception>
    public static string Of(string name, object value)
    {
        if (ParameterValues.PlainText(value) is { } plain)
        {
            return ParameterValues.Check(name, plain);
        }

        return value switch
        {
            JsonElement element => element.GetRawText(),
            JsonDocument document => document.RootElement.GetRawText(),
            byte[] bytes => "\\x" + Convert.ToHexString(bytes),
            bool flag => flag ? "true" : "false",
            TimeSpan span => OfInterval(span),
            DateTime or DateTimeOffset or DateOnly => OfMoment(value),
            TimeOnly time => time.ToString("O", CultureInfo.InvariantCulture),
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            IDictionary dictionary => ParameterValues.Check(name, JsonText.Write(name, dictionary)),
            _ => throw ParameterValues.NotSupported(name, value, "A single value is a text, a number, a date, a Guid, a byte[] and the like, or a hashtable, which becomes JSON"),
        };
    }

    // Days apart, as the server keeps them and as it is sent in binary.
    private static string OfInterval(TimeSpan span) =>
        string.Create(CultureInfo.InvariantCulture, $"{span.Days} days {(span - TimeSpan.FromDays(span.Days)).Ticks / TimeSpan.TicksPerMicrosecond} microseconds");

    // The extremes stand for the infinities, as they do when they come from the server.
    private static string OfMoment(object value) => value switch
    {
        DateTime when value.Equals(DateTime.MaxValue) => Infinity,
        DateTime when value.Equals(DateTime.MinValue) => "-" + Infinity,
        DateTimeOffset when value.Equals(DateTimeOffset.MaxValue) => Infinity,
        DateTimeOffset when value.Equals(DateTimeOffset.MinValue) => "-" + Infinity,
        DateOnly when value.Equals(DateOnly.MaxValue) => Infinity,
        DateOnly when value.Equals(DateOnly.MinValue) => "-" + Infinity,
        _ => ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
    };
}
