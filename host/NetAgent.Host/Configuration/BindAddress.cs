using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using NetAgent.Contracts;

namespace NetAgent.Host.Configuration;

/// <summary>
/// Where a server listens. kube-proxy's spelling: <c>127.0.0.1:10249</c>, <c>[::]:10256</c>, <c>:10256</c> for all addresses.
/// </summary>
internal sealed record BindAddress(IPAddress Address, int Port)
{
    public static bool TryParse(string text, [NotNullWhen(true)] out BindAddress? address)
    {
        address = null;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }
        var host = text[..colon];
        if (host.Length == 0)
        {
            address = new(IPAddress.IPv6Any, port);
            return true;
        }
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
        }
        else if (host.Contains(':', StringComparison.Ordinal))
        {
            return false;
        }
        if (!InetAddress.TryParse(host, out var parsed))
        {
            return false;
        }
        address = new(parsed.ToIPAddress(), port);
        return true;
    }

    public override string ToString() => new IPEndPoint(Address, Port).ToString();
}
