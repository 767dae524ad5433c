using NetAgent.Contracts;

namespace NetAgent.Dataplane.Ipvs;

/// <summary>union nf_inet_addr, whose family is told apart.</summary>
internal static class IpvsAddress
{
    /// <summary>False where no row can hold it: another family, or an IPv6 address that maps an IPv4 one.</summary>
    public static bool TryRead(IpFamily family, ReadOnlySpan<byte> bytes, out InetAddress address)
    {
        address = default;
        var length = family switch { IpFamily.IPv4 => 4, IpFamily.IPv6 => 16, _ => int.MaxValue };
        if (bytes.Length < length)
        {
            return false;
        }
        address = InetAddress.FromBytes(bytes[..length]);
        return address.Family == family;
    }
}
