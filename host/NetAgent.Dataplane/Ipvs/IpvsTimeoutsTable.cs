using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Reconcile;

namespace NetAgent.Dataplane.Ipvs;

/// <summary>
/// The three timeouts of the namespace. A wanted 0 leaves a value alone, so <see cref="Read"/> shows 0 where the last wanted row had
/// one; else the row would never be as wanted. Removing the row puts the kernel's defaults back where it had a value.
/// </summary>
internal sealed class IpvsTimeoutsTable(IpvsSocket socket) : IKernelTable<string, IpvsTimeouts>
{
    // net/netfilter/ipvs: tcp_timeouts[ESTABLISHED], tcp_timeouts[FIN_WAIT], udp_timeouts[NORMAL].
    private static readonly IpvsTimeouts _defaults = new(15 * 60, 2 * 60, 5 * 60);

    private IpvsTimeouts? _wanted;

    public string Name => "ipvs timeouts";

    public IReadOnlyDictionary<string, IpvsTimeouts> Read()
    {
        var found = socket.Connection.Ask(IpvsCommand.GetConfig.Spell(), socket, WriteQuestion, () => new List<IpvsTimeouts>(1), ReadRow);
        if (found.Count == 0)
        {
            throw new KernelException(IpvsCommand.GetConfig.Spell(), 0, "the kernel answered without timeouts");
        }
        var row = found[0];
        if (_wanted is { } wanted)
        {
            row = new(
                wanted.TcpSeconds == 0 ? 0 : row.TcpSeconds,
                wanted.TcpFinSeconds == 0 ? 0 : row.TcpFinSeconds,
                wanted.UdpSeconds == 0 ? 0 : row.UdpSeconds);
        }
        return new Dictionary<string, IpvsTimeouts> { [row.Key] = row };
    }

    public void Apply(IReadOnlyList<RowChange<IpvsTimeouts>> changes, ICollection<RowRefusal> refusals)
    {
        for (var i = 0; i < changes.Count; i++)
        {
            var removes = changes[i].Kind == RowChangeKind.Remove;
            var row = changes[i].Row;
            var written = removes
                ? new(row.TcpSeconds == 0 ? 0 : _defaults.TcpSeconds, row.TcpFinSeconds == 0 ? 0 : _defaults.TcpFinSeconds,
                    row.UdpSeconds == 0 ? 0 : _defaults.UdpSeconds)
                : row;
            if (socket.Connection.Send(written, Write) is { } failure)
            {
                refusals.Add(new(i, IpvsCommand.SetConfig.Spell(), failure.Errno, failure.Describe()));
            }
            else
            {
                _wanted = removes ? null : row;
            }
        }
    }

    private static void ReadRow(NetlinkMessage message, List<IpvsTimeouts> rows)
    {
        uint tcp = 0, fin = 0, udp = 0;
        foreach (var attribute in message.Attributes(GenericNetlink.HeaderLength))
        {
            switch (attribute.Type)
            {
                case IpvsAttribute.TimeoutTcp:
                    tcp = attribute.ReadUInt32();
                    break;
                case IpvsAttribute.TimeoutTcpFin:
                    fin = attribute.ReadUInt32();
                    break;
                case IpvsAttribute.TimeoutUdp:
                    udp = attribute.ReadUInt32();
                    break;
            }
        }
        rows.Add(new(tcp, fin, udp));
    }

    private static void WriteQuestion(ref NetlinkWriter writer, IpvsSocket socket)
    {
        var message = socket.Begin(ref writer, IpvsCommand.GetConfig);
        writer.EndMessage(message);
    }

    private void Write(ref NetlinkWriter writer, IpvsTimeouts row)
    {
        var message = socket.Begin(ref writer, IpvsCommand.SetConfig);
        WriteUnlessZero(ref writer, IpvsAttribute.TimeoutTcp, row.TcpSeconds);
        WriteUnlessZero(ref writer, IpvsAttribute.TimeoutTcpFin, row.TcpFinSeconds);
        WriteUnlessZero(ref writer, IpvsAttribute.TimeoutUdp, row.UdpSeconds);
        writer.EndMessage(message);
    }

    private static void WriteUnlessZero(ref NetlinkWriter writer, int type, uint seconds)
    {
        if (seconds != 0)
        {
            writer.WriteUInt32(type, seconds);
        }
    }
}
