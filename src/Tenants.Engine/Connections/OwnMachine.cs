using System.Net;
using System.Net.NetworkInformation;

namespace Tenants.Engine.Connections;

/// <summary>Tells whether a server is this machine, so that nobody stands between.</summary>
internal static class OwnMachine
{
    /// <summary>True for a socket's folder, a loopback address, an address of this machine's own, or its name; of several hosts, all.</summary>
    public static bool Is(string hosts) => hosts.Split(',').All(IsOne);

    private static bool IsOne(string text)
    {
        var host = WithoutPort(text.Trim());
        if (host.StartsWith('/') || host.StartsWith('@') || host.StartsWith('\\'))
        {
            return true;
        }

        if (IPAddress.TryParse(host.Split('%')[0], out var address))
        {
            return IPAddress.IsLoopback(address) || IsOwnAddress(address);
        }

        return string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
            || string.Equals(host, Environment.MachineName, StringComparison.OrdinalIgnoreCase)
            || string.Equals(host, Dns.GetHostName(), StringComparison.OrdinalIgnoreCase);
    }

    private static string WithoutPort(string host)
    {
        if (host.StartsWith('[') && host.IndexOf(']', StringComparison.Ordinal) is > 0 and var end)
        {
            return host[1..end];
        }

        var colon = host.IndexOf(':', StringComparison.Ordinal);
        return colon >= 0 && colon == host.LastIndexOf(':') && !host.StartsWith('/') ? host[..colon] : host;
    }

    private static bool IsOwnAddress(IPAddress address)
    {
        try
        {
            return NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(i => i.GetIPProperties().UnicastAddresses)
                .Any(a => a.Address.Equals(address));
        }
        catch (NetworkInformationException)
        {
            return false;
        }
    }
}
