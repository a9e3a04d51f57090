using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tenants.Engine.Queries.Values;

/// <summary>Writes dictionaries and what is in them as JSON.</summary>
internal static class JsonText
{
    private const int MaxDepth = 64;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = MaxDepth + 1 };

    /// <summary>The JSON of a value.</summary>
    /// <param name="parameter">The parameter's name, for messages.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="TenantException"><c>ParameterNotSupported</c>: something in it has no JSON, or it is too deep or holds itself.</exception>
    public static string Write(string parameter, object? value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, s_options))
        {
            Write(writer, parameter, value, 0);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter writer, string parameter, object? value, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new TenantException(
                "ParameterNotSupported",
                TenantErrorKind.InvalidArgument,
                $"The value of '{parameter}' is nested deeper than {MaxDepth} levels, or holds itself. Make it JSON yourself and give the text.");
        }

        switch (value)
        {
            case null or DBNull:
                writer.WriteNullValue();
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case float.NaN or float.PositiveInfinity or float.NegativeInfinity or double.NaN or double.PositiveInfinity or double.NegativeInfinity:
                throw ParameterValues.NotSupported(parameter, value, "JSON has no NaN and no infinity");
            case Enum or string or char or Guid or Uri or Version or System.Net.IPAddress:
                writer.WriteStringValue(value.ToString());
                break;
            case byte or sbyte or short or ushort or int or uint or long or ulong or float or double or decimal or System.Numerics.BigInteger:
                writer.WriteRawValue(Convert.ToString(value, CultureInfo.InvariantCulture)!);
                break;
            case DateTime or DateTimeOffset or DateOnly or TimeOnly:
                writer.WriteStringValue(((IFormattable)value).ToString("O", CultureInfo.InvariantCulture));
                break;
            case TimeSpan span:
                writer.WriteStringValue(span.ToString("c", CultureInfo.InvariantCulture));
                break;
            case byte[] bytes:
                writer.WriteBase64StringValue(bytes);
                break;
            case JsonDocument document:
                document.RootElement.WriteTo(writer);
                break;
            case JsonElement element:
                element.WriteTo(writer);
                break;
            case IDictionary dictionary:
                writer.WriteStartObject();
                foreach (DictionaryEntry entry in dictionary)
                {
                    writer.WritePropertyName(Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!);
                    Write(writer, parameter, entry.Value, depth + 1);
                }

                writer.WriteEndObject();
                break;
            case IEnumerable sequence:
                writer.WriteStartArray();
                foreach (var item in sequence)
                {
                    Write(writer, parameter, item, depth + 1);
                }

                writer.WriteEndArray();
                break;
            default:
                throw ParameterValues.NotSupported(parameter, value, "It has no form in JSON. Turn it into a hashtable, a text or a number first");
        }
    }
}
