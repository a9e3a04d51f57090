using System.Collections;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Numerics;
using System.Security;
using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Tenants.Engine.Queries.Values;

/// <summary>Turns a .NET value into the parameter that is sent. Values never reach a message: an error names the parameter only.</summary>
internal static class ParameterValues
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Makes the parameter of a value.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="value">The value, free of wrappers of PowerShell's.</param>
    /// <param name="typing">How texts are declared.</param>
    /// <exception cref="TenantException"><c>ParameterNotSupported</c>.</exception>
    public static NpgsqlParameter Create(string name, object? value, ParameterTyping typing)
    {
        switch (value)
        {
            case null or DBNull:
                return Text(null, typing);
            case string text:
                return Text(Check(name, text), typing);
            case char character:
                return Text(Check(name, character.ToString()), typing);
            case byte[] bytes:
                return new NpgsqlParameter<byte[]> { TypedValue = bytes, NpgsqlDbType = NpgsqlDbType.Bytea };
            case JsonDocument document:
                return new NpgsqlParameter<string> { TypedValue = Check(name, document.RootElement.GetRawText()), NpgsqlDbType = NpgsqlDbType.Jsonb };
            case JsonElement element:
                return new NpgsqlParameter<string> { TypedValue = Check(name, element.GetRawText()), NpgsqlDbType = NpgsqlDbType.Jsonb };
            case IDictionary dictionary:
                return Text(Check(name, JsonText.Write(name, dictionary)), typing);
        }

        if (Scalar(value) is { } scalar)
        {
            return new NpgsqlParameter { Value = scalar.Value, NpgsqlDbType = scalar.Type };
        }

        if (PlainText(value) is { } plain)
        {
            return Text(Check(name, plain), typing);
        }

        return value switch
        {
            SecureString => throw NotSupported(name, value, "Secrets are not sent as parameters: the server may log them"),
            IEnumerable sequence => ArrayValues.Create(name, sequence, typing),
            _ => throw NotSupported(name, value, "Give a text, a number, a date, a Guid, a byte[], an array, a hashtable (which becomes json) or $null"),
        };
    }

    /// <summary>True if the declared type of the value may be chosen.</summary>
    public static bool IsSoftText(object? value) =>
        value is null or DBNull or string or char or IDictionary
        || (Scalar(value) is null && PlainText(value) is not null);

    /// <summary>A value that has a type of its own on the server.</summary>
    public static (object Value, NpgsqlDbType Type)? Scalar(object value) => value switch
    {
        Enum => null,
        bool => (value, NpgsqlDbType.Boolean),
        short => (value, NpgsqlDbType.Smallint),
        byte number => ((short)number, NpgsqlDbType.Smallint),
        sbyte number => ((short)number, NpgsqlDbType.Smallint),
        int => (value, NpgsqlDbType.Integer),
        ushort number => ((int)number, NpgsqlDbType.Integer),
        long => (value, NpgsqlDbType.Bigint),
        uint number => ((long)number, NpgsqlDbType.Bigint),
        ulong number => ((decimal)number, NpgsqlDbType.Numeric),
        decimal => (value, NpgsqlDbType.Numeric),
        BigInteger => (value, NpgsqlDbType.Numeric),
        float => (value, NpgsqlDbType.Real),
        double => (value, NpgsqlDbType.Double),
        Guid => (value, NpgsqlDbType.Uuid),
        TimeSpan => (value, NpgsqlDbType.Interval),
        TimeOnly => (value, NpgsqlDbType.Time),
        DateOnly => (value, NpgsqlDbType.Date),
        DateTimeOffset moment => (InUtc(moment), NpgsqlDbType.TimestampTz),
        DateTime { Kind: DateTimeKind.Unspecified } => (value, NpgsqlDbType.Timestamp),
        DateTime moment => (InUtc(moment), NpgsqlDbType.TimestampTz),
        _ => null,
    };

    /// <summary>The text of a value that is sent as text, or null if it is none.</summary>
    public static string? PlainText(object value) => value switch
    {
        string text => text,
        char character => character.ToString(),
        Enum name => name.ToString(),
        IPAddress or IPNetwork or Version => value.ToString(),
        PhysicalAddress address => BitConverter.ToString(address.GetAddressBytes()).Replace('-', ':'),
        Uri uri => uri.OriginalString,
        _ => null,
    };

    /// <summary>The parameter of a text, or of NULL.</summary>
    public static NpgsqlParameter Text(string? text, ParameterTyping typing) => new()
    {
        Value = (object?)text ?? DBNull.Value,
        NpgsqlDbType = typing.HasFlag(ParameterTyping.TypedTexts) ? NpgsqlDbType.Text : NpgsqlDbType.Unknown,
    };

    /// <summary>Refuses text that PostgreSQL cannot hold, before it breaks the protocol's message.</summary>
    public static string Check(string name, string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new TenantException(
                "ParameterNotSupported", TenantErrorKind.InvalidArgument, $"The value of '{name}' holds the character NUL, which PostgreSQL's text cannot. Send it as byte[].");
        }

        try
        {
            _ = s_strict.GetByteCount(text);
            return text;
        }
        catch (EncoderFallbackException)
        {
            throw new TenantException(
                "ParameterNotSupported", TenantErrorKind.InvalidArgument, $"The value of '{name}' is not valid Unicode: half of a surrogate pair stands alone in it. Send it as byte[].");
        }
    }

    /// <summary>The error for a value that cannot be sent.</summary>
    public static TenantException NotSupported(string name, object value, string advice) => new(
        "ParameterNotSupported",
        TenantErrorKind.InvalidArgument,
        string.Create(CultureInfo.InvariantCulture, $"The value of '{name}' is a {value.GetType().FullName}, which cannot be sent. {advice}."));

    // MaxValue and MinValue stand for the infinities; moved to UTC they would be other moments.
    private static DateTime InUtc(DateTimeOffset moment) =>
        moment == DateTimeOffset.MaxValue ? Utc(DateTime.MaxValue)
        : moment == DateTimeOffset.MinValue ? Utc(DateTime.MinValue)
        : moment.UtcDateTime;

    private static DateTime InUtc(DateTime moment) =>
        moment == DateTime.MaxValue || moment == DateTime.MinValue ? Utc(moment) : moment.ToUniversalTime();

    private static DateTime Utc(DateTime moment) => DateTime.SpecifyKind(moment, DateTimeKind.Utc);
}
