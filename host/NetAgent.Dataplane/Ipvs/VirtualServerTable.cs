using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Ipvs;

/// <summary>IPVS services. Those on a firewall mark have no address and are not seen here.</summary>
internal sealed class VirtualServerTable : IKernelTable<VirtualServerKey, VirtualServer>
{
    private readonly IpvsSocket _socket;
    private readonly IpvsBatch<VirtualServer> _batch;

    public VirtualServerTable(IpvsSocket socket)
    {
        _socket = socket;
        _batch = new(IpvsCommand.NewService, IpvsCommand.SetService, IpvsCommand.DeleteService, Write, Explain);
    }

    public string Name => "virtual servers";

    public IReadOnlyDictionary<VirtualServerKey, VirtualServer> Read() => _socket.Connection.Ask(
        IpvsCommand.GetService.Spell(), _socket, WriteDump, () => new Dictionary<VirtualServerKey, VirtualServer>(), ReadRow);

    /// <summary>One virtual server as the kernel has it, or null.</summary>
    /// <exception cref="KernelException">The kernel did not answer.</exception>
    public VirtualServer? Find(VirtualServerKey key)
    {
        try
        {
            var found = _socket.Connection.Ask(IpvsCommand.GetService.Spell(), key, WriteQuestion,
                () => new Dictionary<VirtualServerKey, VirtualServer>(), ReadRow);
            return found.TryGetValue(key, out var row) ? row : null;
        }
        catch (KernelException e) when (e.Errno is Errno.NoProcess or Errno.NoEntry)
        {
            return null;
        }
    }

    public void Apply(IReadOnlyList<RowChange<VirtualServer>> changes, ICollection<RowRefusal> refusals) =>
        _batch.Apply(_socket.Connection, changes, refusals);

    private static void ReadRow(NetlinkMessage message, Dictionary<VirtualServerKey, VirtualServer> rows)
    {
        foreach (var attribute in message.Attributes(GenericNetlink.HeaderLength))
        {
            if (attribute.Type == IpvsAttribute.Service && VirtualServerCodec.TryRead(attribute.Nested, out var row))
            {
                rows[row.Key] = row;
            }
        }
    }

    private static void WriteDump(ref NetlinkWriter writer, IpvsSocket socket)
    {
        var message = socket.Begin(ref writer, IpvsCommand.GetService, NetlinkFlags.Dump);
        writer.EndMessage(message);
    }

    private void WriteQuestion(ref NetlinkWriter writer, VirtualServerKey key)
    {
        var message = _socket.Begin(ref writer, IpvsCommand.GetService);
        VirtualServerCodec.WriteKey(ref writer, key);
        writer.EndMessage(message);
    }

    private void Write(ref NetlinkWriter writer, IpvsRequest<VirtualServer> request)
    {
        var message = _socket.Begin(ref writer, request.Command);
        if (request.Command == IpvsCommand.DeleteService)
        {
            VirtualServerCodec.WriteKey(ref writer, request.Row.Key);
        }
        else
        {
            VirtualServerCodec.Write(ref writer, request.Row);
        }
        writer.EndMessage(message);
    }

    private static string Explain(IpvsRequest<VirtualServer> request, RequestFailure failure) =>
        failure.Errno == Errno.NoEntry && request.Command != IpvsCommand.DeleteService
            ? $"{request.Row.Key}: this kernel has no scheduler '{request.Row.Scheduler}' (module ip_vs_{request.Row.Scheduler})"
            : $"{request.Row.Key}: {failure.Describe()}";
}
