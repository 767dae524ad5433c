using System.Collections.Frozen;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.IpSets;

/// <summary>Names of set types.</summary>
internal static class IpSetTypes
{
    private static readonly FrozenDictionary<string, IpSetType> _byName =
        Enum.GetValues<IpSetType>().ToFrozenDictionary(KernelName, StringComparer.Ordinal);

    public static string KernelName(this IpSetType type) => type switch
    {
        IpSetType.HashIp => "hash:ip",
        IpSetType.HashIpPort => "hash:ip,port",
        IpSetType.HashIpPortIp => "hash:ip,port,ip",
        IpSetType.HashIpPortNet => "hash:ip,port,net",
        IpSetType.BitmapPort => "bitmap:port",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no such type of set"),
    };

    /// <summary>The kernel module that brings the type.</summary>
    public static string ModuleName(this IpSetType type) =>
        $"ip_set_{type.KernelName().Replace(",", "", StringComparison.Ordinal).Replace(':', '_')}";

    public static bool TryParse(string kernelName, out IpSetType type) => _byName.TryGetValue(kernelName, out type);

    /// <summary>
    /// The revision to ask for where the kernel has it: the oldest with all that is used here (SCTP came with 1), since an ipset tool
    /// older than the kernel cannot list sets of a revision it does not know.
    /// </summary>
    public static byte PreferredRevision(this IpSetType type) => type is IpSetType.HashIp or IpSetType.BitmapPort ? (byte)0 : (byte)1;
}
