using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NetAgent.Dataplane.Ipvs;

/// <summary>
/// Looks into /proc/net/ip_vs: for who wants to know one thing before anything is opened. Without the module there is no such file.
/// </summary>
public static class ServedAddresses
{
    /// <summary>
    /// Whether this network namespace's IPVS has a virtual server for a TCP address; false as well where that cannot be read.
    /// </summary>
    public static bool HasTcp(IPEndPoint address) => HasTcp(address, "/proc/thread-self/net/ip_vs");

    internal static bool HasTcp(IPEndPoint address, string table)
    {
        // linux/net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_info_seq_show: "%s  %08X:%04X %s " and "%s  [%pI6]:%04X %s ".
        var bytes = address.Address.GetAddressBytes();
        var shown = address.AddressFamily == AddressFamily.InterNetwork ? Convert.ToHexString(bytes)
            : $"[{string.Join(':', bytes.Chunk(2).Select(Convert.ToHexStringLower))}]";
        var start = string.Create(CultureInfo.InvariantCulture, $"TCP  {shown}:{address.Port:X4} ");
        try
        {
            return File.ReadLines(table).Any(line => line.StartsWith(start, StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
