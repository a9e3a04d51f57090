using System.Globalization;
using System.Net;

namespace Tenants.Engine.Queries.Values;

/// <summary>Reads network addresses, as text: .NET's IPAddress has no network mask.</summary>
internal static class NetworkDecoder
{
    /// <summary>Reads an inet or a cidr (network_send in src/backend/utils/adt/network.c).</summary>
    public static object Inet(ReadOnlySpan<byte> bytes)
    {
        var bits = bytes[1];
        var isCidr = bytes[2] != 0;
        var address = bytes.Slice(4, bytes[3]);
        var text = new IPAddress(address).ToString();
        return isCidr || bits != address.Length * 8 ? string.Create(CultureInfo.InvariantCulture, $"{text}/{bits}") : text;
    }

    /// <summary>Reads a macaddr or a macaddr8.</summary>
    public static object MacAddress(ReadOnlySpan<byte> bytes)
    {
        var parts = new string[bytes.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = bytes[i].ToString("x2", CultureInfo.InvariantCulture);
        }

        return string.Join(':', parts);
    }
}
