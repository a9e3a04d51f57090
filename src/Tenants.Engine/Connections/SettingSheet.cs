using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Npgsql;

namespace Tenants.Engine.Connections;

/// <summary>Settings by Npgsql's keyword, each with where it came from. The first to offer a setting wins.</summary>
internal sealed class SettingSheet
{
    private readonly Dictionary<string, (string Value, string Source)> _settings = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Takes a setting, unless it has no value or an earlier source gave it.</summary>
    /// <param name="keyword">Npgsql's canonical keyword, or one of <see cref="SettingKeyword"/>'s own.</param>
    /// <param name="value">The value.</param>
    /// <param name="source">Where it came from, for people: <c>POSTGRES_PORT</c>, <c>-Port</c>.</param>
    public void Offer(string keyword, string? value, string source)
    {
        if (!string.IsNullOrEmpty(value))
        {
            _settings.TryAdd(keyword, (value, source));
        }
    }

    /// <summary>A setting's value, or null.</summary>
    public string? Find(string keyword) => _settings.TryGetValue(keyword, out var setting) ? setting.Value : null;

    /// <summary>Where a setting came from.</summary>
    public string SourceOf(string keyword) => _settings.TryGetValue(keyword, out var setting) ? setting.Source : keyword;

    /// <summary>Takes a setting out.</summary>
    public bool Take(string keyword, [NotNullWhen(true)] out string? value, out string source)
    {
        var found = _settings.Remove(keyword, out var setting);
        (value, source) = setting;
        return found;
    }

    /// <summary>A number of seconds, out of the sheet.</summary>
    /// <exception cref="TenantException"><c>InvalidSetting</c>, naming the source.</exception>
    public TimeSpan? TakeSeconds(string keyword)
    {
        if (!Take(keyword, out var text, out var source))
        {
            return null;
        }

        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds <= int.MaxValue / 1000
            ? TimeSpan.FromSeconds(seconds)
            : throw Invalid(source, $"is not a number of seconds from 0 to {int.MaxValue / 1000}");
    }

    /// <summary>What is left, as a builder.</summary>
    /// <exception cref="TenantException"><c>InvalidSetting</c>, naming the source.</exception>
    public NpgsqlConnectionStringBuilder ToBuilder()
    {
        var builder = new NpgsqlConnectionStringBuilder();
        foreach (var (keyword, (value, source)) in _settings)
        {
            try
            {
                builder[keyword] = value;
            }
            catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or NotSupportedException)
            {
                throw Invalid(source, Expectation(keyword));
            }
        }

        return builder;
    }

    /// <summary>A value that cannot be used. It is not quoted: it may be a password in the wrong place.</summary>
    public static TenantException Invalid(string source, string reason) => new(
        "InvalidSetting", TenantErrorKind.InvalidArgument, $"The value of {source} {reason}.")
    {
        Target = source,
    };

    private static string Expectation(string keyword) => keyword switch
    {
        SettingKeyword.Port => "is not a port: a number from 1 to 65535",
        SettingKeyword.SslMode => "is not a mode of TLS: disable, allow, prefer, require, verify-ca or verify-full",
        SettingKeyword.Timeout => "is not a number of seconds from 0 to 1024",
        _ => "cannot be used",
    };
}
