using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Ipvs;

/// <summary>
/// The three timeouts of the namespace. A wanted 0 leaves a value alone; <see cref="Read"/> shows what is. They cannot be removed: putting
/// earlier values back is a Replace, and Remove does nothing.
/// </summary>
internal sealed class IpvsTimeoutsTable(IpvsSocket socket) : IKernelTable<string, IpvsTimeouts>
{
    public string Name => "ipvs timeouts";

    public IReadOnlyDictionary<string, IpvsTimeouts> Read()
    {
        var found = socket.Connection.Ask(IpvsCommand.GetConfig.Spell(), socket, WriteQuestion, () => new List<IpvsTimeouts>(1), ReadRow);
        if (found.Count == 0)
        {
            throw new KernelException(IpvsCommand.GetConfig.Spell(), 0, "the kernel answered without timeouts");
        }
        return new Dictionary<string, IpvsTimeouts> { [found[0].Key] = found[0] };
    }

    public void Apply(IReadOnlyList<RowChange<IpvsTimeouts>> changes, ICollection<RowRefusal> refusals)
    {
        for (var i = 0; i < changes.Count; i++)
        {
            if (changes[i].Kind != RowChangeKind.Remove && socket.Connection.Send(changes[i].Row, Write) is { } failure)
            {
                refusals.Add(new(i, IpvsCommand.SetConfig.Spell(), failure.Errno, failure.Describe()));
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
