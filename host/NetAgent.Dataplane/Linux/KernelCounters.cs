using System.Runtime.InteropServices;
using System.Text;
using NetAgent.Contracts;
using NetAgent.Dataplane.IpSets;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Ipvs;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Sysctls;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Linux;

/// <summary>Counters of this network namespace: ipset headers, IPVS and x_tables socket options, the generation of nf_tables.</summary>
internal sealed unsafe class KernelCounters(NetlinkConnection netfilter, IpSetReader? sets, IptablesView iptables,
    Func<RealServerTable?> realServers, SysctlTable? sysctls)
    : IKernelCounters, IDisposable
{
    private const int InternetFamily = 2, InternetFamily6 = 10, Datagram = 2;
    private const int SolIp = 0, SolIpv6 = 41;
    private const int IpvsGetInfo = 64 + 1024 + 64 + 1;   // IP_VS_SO_GET_INFO, linux/ip_vs.h
    private const int TableGetInfo = 64;                  // IPT_SO_GET_INFO and IP6T_SO_GET_INFO, linux/netfilter_ipv4/ip_tables.h
    private const int TableInfoLength = 84;               // struct ipt_getinfo, and the same for IPv6
    private const ushort GetGeneration = (10 << 8) | 16;  // NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN
    private const int GenerationId = 1;                   // NFTA_GEN_ID
    private const int NetfilterHeader = 4;                // struct nfgenmsg

    private readonly NetlinkHandle _socket = Open(InternetFamily);
    private readonly NetlinkHandle _socket6 = Open(InternetFamily6);

    public IReadOnlyDictionary<string, uint>? CountMembers()
    {
        try
        {
            return sets?.ReadHeaders().ToDictionary(header => header.Name, header => header.Elements);
        }
        catch (KernelException)
        {
            return null;
        }
    }

    public uint? CountVirtualServers()
    {
        // struct ip_vs_getinfo: version, size of the connection table, number of services.
        var info = stackalloc uint[3];
        return TryGet(_socket, SolIp, IpvsGetInfo, info, 12) ? info[2] : null;
    }

    public IReadOnlyCollection<RealServer> ReadRealServers(VirtualServerKey server) => realServers()?.ReadRealServers(server) ?? [];

    public string? ReadSysctl(string path)
    {
        try
        {
            return sysctls?.ReadPaths([path]).GetValueOrDefault(path);
        }
        catch (KernelException)
        {
            return null;
        }
    }

    public ulong? StampRules() => iptables.Backend switch
    {
        IptablesBackend.Nft => Generation(),
        IptablesBackend.Legacy => TableSizes(),
        _ => null,
    };

    /// <summary>Whether legacy iptables has a table; the kernel loads its module if it can.</summary>
    public bool HasTable(IpFamily family, string table)
    {
        var info = stackalloc byte[TableInfoLength];
        return TryGetTable(family, table, info) || Marshal.GetLastPInvokeError() is not (Errno.NoEntry or Errno.NoOption);
    }

    public void Dispose()
    {
        _socket.Dispose();
        _socket6.Dispose();
    }

    private static NetlinkHandle Open(int family) => NetlinkHandle.OpenDatagram(family, Datagram);

    private static bool TryGet(NetlinkHandle socket, int level, int name, void* value, uint length) =>
        !socket.IsInvalid && LibC.getsockopt(socket, level, name, value, ref length) == 0;

    private ulong? Generation()
    {
        try
        {
            return netfilter.Ask("NFT_MSG_GETGEN", 0, static (ref NetlinkWriter writer, int _) =>
            {
                var message = writer.BeginMessage(GetGeneration, NetlinkFlags.None);
                writer.TakeHeader(NetfilterHeader);
                writer.EndMessage(message);
            }, static () => new List<ulong>(1), static (message, found) =>
            {
                foreach (var attribute in message.Attributes(NetfilterHeader))
                {
                    if (attribute.Type == GenerationId)
                    {
                        found.Add(attribute.ReadUInt32BigEndian());
                    }
                }
            }) is [var generation, ..] ? generation : null;
        }
        catch (KernelException)
        {
            return null;
        }
    }

    // Number and length of the rules and where each hook's begin: a rule for another of the same length is left to the verification.
    private ulong? TableSizes()
    {
        var hash = new HashCode();
        var info = stackalloc byte[TableInfoLength];
        foreach (var (family, table) in iptables.Present)
        {
            if (TryGetTable(family, table, info))
            {
                hash.AddBytes(new ReadOnlySpan<byte>(info, TableInfoLength));
            }
        }
        return (ulong)(uint)hash.ToHashCode();
    }

    private bool TryGetTable(IpFamily family, string table, byte* info)
    {
        new Span<byte>(info, TableInfoLength).Clear();
        Encoding.ASCII.GetBytes(table, new Span<byte>(info, 31));
        var (socket, level) = family == IpFamily.IPv6 ? (_socket6, SolIpv6) : (_socket, SolIp);
        return TryGet(socket, level, TableGetInfo, info, TableInfoLength);
    }
}
