using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Ipvs;

/// <summary>A connection to IPVS in the network namespace of the thread that opens it, shared by the tables of one thread.</summary>
internal sealed class IpvsSocket : IDisposable
{
    private const string FamilyName = "IPVS";

    public IpvsSocket(NetlinkConnection connection, ushort family)
    {
        Connection = connection;
        Family = family;
    }

    public NetlinkConnection Connection { get; }

    /// <summary>The number generic netlink gave the family on this boot.</summary>
    public ushort Family { get; }

    /// <exception cref="KernelException">The kernel has no IPVS.</exception>
    public static IpvsSocket Open() => TryOpen()
        ?? throw new KernelException("CTRL_CMD_GETFAMILY", Errno.NoEntry, OptionalIpvs.Missing);

    /// <summary>Null when the kernel has no IPVS. The kernel itself tries to load the module.</summary>
    /// <exception cref="KernelException">Generic netlink does not answer.</exception>
    public static IpvsSocket? TryOpen()
    {
        var connection = NetlinkConnection.Open(NetlinkProtocol.Generic);
        try
        {
            if (GenericNetlink.FindFamily(connection, FamilyName) is { } family)
            {
                var socket = new IpvsSocket(connection, family);
                connection = null;
                return socket;
            }
            return null;
        }
        finally
        {
            connection?.Dispose();
        }
    }

    public MessageToken Begin(ref NetlinkWriter writer, IpvsCommand command, NetlinkFlags flags = NetlinkFlags.None) =>
        GenericNetlink.Begin(ref writer, Family, (byte)command, flags);

    public void Dispose() => Connection.Dispose();
}
