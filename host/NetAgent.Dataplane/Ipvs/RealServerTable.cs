using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Ipvs;

/// <summary>
/// IPVS destinations. One that does not masquerade reads as a row that <see cref="RealServer.ForwardsOtherwise"/>.
/// A deleted destination stays two minutes on a list that every new one walks: change weights rather than delete and add again.
/// </summary>
internal sealed class RealServerTable : IKernelTable<RealServerKey, RealServer>
{
    private readonly IpvsSocket _socket;
    private readonly VirtualServerTable _servers;
    private readonly IpvsBatch<RealServer> _batch;

    public RealServerTable(IpvsSocket socket)
    {
        _socket = socket;
        _servers = new(socket);
        _batch = new(IpvsCommand.NewDest, IpvsCommand.SetDest, IpvsCommand.DeleteDest, Write, Explain);
    }

    public string Name => "real servers";

    public IReadOnlyDictionary<RealServerKey, RealServer> Read()
    {
        var rows = new Dictionary<RealServerKey, RealServer>();
        foreach (var server in _servers.Read().Keys)
        {
            foreach (var (row, _) in ReadServer(server))
            {
                rows[row.Key] = row;
            }
        }
        return rows;
    }

    /// <summary>Connections through each real server of these virtual servers. One that is gone is missing from the answer.</summary>
    /// <exception cref="KernelException">The read failed.</exception>
    public IReadOnlyDictionary<RealServerKey, RealServerActivity> ReadActivity(IEnumerable<VirtualServerKey> servers)
    {
        var activities = new Dictionary<RealServerKey, RealServerActivity>();
        foreach (var server in servers)
        {
            foreach (var (row, activity) in ReadServer(server))
            {
                activities[row.Key] = activity;
            }
        }
        return activities;
    }

    /// <summary>The real servers of one virtual server; none where there is no such.</summary>
    /// <exception cref="KernelException">The read failed.</exception>
    public IReadOnlyCollection<RealServer> ReadRealServers(VirtualServerKey server) => ReadServer(server).ConvertAll(read => read.Row);

    public void Apply(IReadOnlyList<RowChange<RealServer>> changes, ICollection<RowRefusal> refusals) =>
        _batch.Apply(_socket.Connection, changes, refusals);

    // The kernel keeps one dump per socket and lists the destinations of one service per dump.
    private List<(RealServer Row, RealServerActivity Activity)> ReadServer(VirtualServerKey server)
    {
        try
        {
            return _socket.Connection.Ask(IpvsCommand.GetDest.Spell(), server, WriteQuestion,
                static () => new List<(RealServer, RealServerActivity)>(),
                (message, rows) =>
                {
                    foreach (var attribute in message.Attributes(GenericNetlink.HeaderLength))
                    {
                        if (attribute.Type == IpvsAttribute.Dest
                            && RealServerCodec.TryRead(server, attribute.Nested, out var row, out var activity))
                        {
                            rows.Add((row, activity));
                        }
                    }
                });
        }
        catch (KernelException e) when (e.Errno is Errno.NoProcess or Errno.NoEntry)
        {
            return [];
        }
    }

    private void WriteQuestion(ref NetlinkWriter writer, VirtualServerKey server)
    {
        var message = _socket.Begin(ref writer, IpvsCommand.GetDest, NetlinkFlags.Dump);
        VirtualServerCodec.WriteKey(ref writer, server);
        writer.EndMessage(message);
    }

    private void Write(ref NetlinkWriter writer, IpvsRequest<RealServer> request)
    {
        var message = _socket.Begin(ref writer, request.Command);
        VirtualServerCodec.WriteKey(ref writer, request.Row.Key.Server);
        if (request.Command == IpvsCommand.DeleteDest)
        {
            RealServerCodec.WriteKey(ref writer, request.Row.Key);
        }
        else
        {
            RealServerCodec.Write(ref writer, request.Row);
        }
        writer.EndMessage(message);
    }

    private static string Explain(IpvsRequest<RealServer> request, RequestFailure failure) => failure.Errno switch
    {
        Errno.NoProcess => $"{request.Row.Key}: its virtual server is not in the kernel ({failure.Describe()})",
        Errno.Invalid when request.Command == IpvsCommand.NewDest =>
            $"{request.Row.Key}: {failure.Describe()}; IPVS also refuses every destination while no interface has an address (is lo up?)",
        _ => $"{request.Row.Key}: {failure.Describe()}",
    };
}
