using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Objects;

/// <summary>
/// Reads networks as kube-proxy does (ParseCIDRSloppy): 010.0.0.0/08, which objects from before Kubernetes 1.22 may hold, is 10.0.0.0/8.
/// </summary>
internal static class SloppyPrefix
{
    /// <summary>The network without leading zeros; as written when it needs none of this or is none, which whoever uses it says.</summary>
    public static string Plain(string written)
    {
        var text = written.AsSpan().Trim();
        var slash = text.IndexOf('/');
        if (slash < 0 || InetPrefix.TryParse(text, out _))
        {
            return written;
        }
        var address = SloppyAddress.Parse(text[..slash]);
        return !address.IsNone && int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length <= address.BitCount
            ? new InetPrefix(address, (byte)length).ToString()
            : written;
    }
}
