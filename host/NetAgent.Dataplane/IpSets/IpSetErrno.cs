using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.IpSets;

/// <summary>errno values of ipset's own (linux/netfilter/ipset/ip_set.h, ip_set_hash.h, ip_set_bitmap.h).</summary>
internal static class IpSetErrno
{
    public const int TypeNotFound = 4098;  // IPSET_ERR_FIND_TYPE
    public const int InUse = 4100;         // IPSET_ERR_BUSY
    public const int NoMember = 4103;      // IPSET_ERR_EXIST
    public const int Referenced = 4108;    // IPSET_ERR_REFERENCED
    public const int Full = 4352;          // IPSET_ERR_HASH_FULL; IPSET_ERR_BITMAP_RANGE for a bitmap

    public static string Describe(RequestFailure failure, bool isBitmap = false)
    {
        var words = failure.Errno switch
        {
            4097 => "the kernel does not understand the request (IPSET_ERR_PROTOCOL)",
            TypeNotFound => "the kernel has no such set type or revision (IPSET_ERR_FIND_TYPE); load its module ip_set_*",
            4099 => "no more sets fit in the kernel (IPSET_ERR_MAX_SETS)",
            InUse => "the set is in use (IPSET_ERR_BUSY): a rule or another set refers to it",
            4101 => "the other set exists already (IPSET_ERR_EXIST_SETNAME2)",
            4102 => "the sets are of different types (IPSET_ERR_TYPE_MISMATCH)",
            NoMember => "the member is there already or is not there (IPSET_ERR_EXIST)",
            4104 => "invalid prefix length (IPSET_ERR_INVALID_CIDR); a hash set cannot hold a /0",
            4105 => "invalid netmask (IPSET_ERR_INVALID_NETMASK)",
            4106 => "invalid protocol family (IPSET_ERR_INVALID_FAMILY)",
            4107 => "the set has no timeouts (IPSET_ERR_TIMEOUT)",
            Referenced => "the set is referred to (IPSET_ERR_REFERENCED)",
            4109 => "an IPv4 address is needed (IPSET_ERR_IPADDR_IPV4)",
            4110 => "an IPv6 address is needed (IPSET_ERR_IPADDR_IPV6)",
            Full when isBitmap => "the port is outside the set's range (IPSET_ERR_BITMAP_RANGE)",
            Full => "the set is full (IPSET_ERR_HASH_FULL)",
            4353 => "the kernel cannot hold the element (IPSET_ERR_HASH_ELEM)",
            4354 => "invalid protocol of a port (IPSET_ERR_INVALID_PROTO)",
            4355 => "a port needs a protocol (IPSET_ERR_MISSING_PROTO)",
            _ => Errno.Describe(failure.Errno),
        };
        return failure.Text is null ? words : $"{words}: {failure.Text}";
    }
}
