using System.Collections.Immutable;
using NetAgent.Cluster;
using NetAgent.Contracts;

namespace NetAgent.Host.Isolation.Wire;

/// <summary>
/// The input of a call, told as what differs from the input before. One of these on each side of the pipe; both hold the same input after
/// every frame.
/// </summary>
internal sealed class ReconcileCodec
{
    private ClusterState _cluster = ClusterState.Empty;
    private NodeFacts? _facts;
    private MetadataWish _wish = MetadataWish.None;
    private bool _sendsAll;

    /// <summary>Sends these labels and annotations from now on, and what is known already once more with them.</summary>
    public void Keep(MetadataWish wish)
    {
        _sendsAll |= wish != _wish;
        _wish = wish;
    }

    public void Write(WireWriter writer, ReconcileInput input)
    {
        writer.Text(input.NodeName);
        ValueCodec.Write(writer, input.Now);
        WriteChange(writer, input.Changed);
        WriteCluster(writer, input);
        var sendsFacts = !ReferenceEquals(_facts, input.Facts);
        writer.Boolean(sendsFacts);
        if (sendsFacts)
        {
            FactsCodec.Write(writer, input.Facts);
        }
        _cluster = input.Cluster;
        _facts = input.Facts;
    }

    public ReconcileInput Read(ref WireReader reader)
    {
        var nodeName = reader.RequiredText();
        var now = ValueCodec.ReadTime(ref reader);
        var change = ReadChange(ref reader);
        ReadCluster(ref reader);
        if (reader.Boolean())
        {
            _facts = FactsCodec.Read(ref reader);
        }
        return new()
        {
            Cluster = _cluster,
            Facts = _facts ?? throw new WireException("no facts have come yet"),
            Changed = change,
            NodeName = nodeName,
            Now = now,
        };
    }

    private static void WriteChange(WireWriter writer, ClusterChange change)
    {
        writer.Boolean(change.Everything);
        writer.Boolean(change.Node);
        writer.Boolean(change.Facts);
        writer.List(change.Services, ValueCodec.Write);
    }

    private static ClusterChange ReadChange(ref WireReader reader) => new()
    {
        Everything = reader.Boolean(),
        Node = reader.Boolean(),
        Facts = reader.Boolean(),
        Services = [.. reader.List(ValueCodec.ReadName)],
    };

    private void WriteCluster(WireWriter writer, ReconcileInput input)
    {
        var cluster = input.Cluster;
        writer.Signed(cluster.Revision);
        var sendsNode = !ReferenceEquals(cluster.Node, _cluster.Node);
        writer.Boolean(sendsNode);
        if (sendsNode)
        {
            writer.Boolean(cluster.Node is not null);
            if (cluster.Node is { } node)
            {
                ClusterCodec.Write(writer, node);
            }
        }
        var (changed, removed) = Differences(input);
        writer.List(removed, ValueCodec.Write);
        writer.List(changed, (to, service) => ClusterCodec.Write(to, _wish.Narrow(service)));
        _sendsAll = false;
    }

    private void ReadCluster(ref WireReader reader)
    {
        var revision = reader.Signed();
        var node = _cluster.Node;
        if (reader.Boolean())
        {
            node = reader.Boolean() ? ClusterCodec.ReadNode(ref reader) : null;
        }
        var services = _cluster.Services.RemoveRange(reader.List(ValueCodec.ReadName));
        var changed = reader.List(ClusterCodec.ReadServiceEndpoints);
        if (changed.Length > 0)
        {
            services = services.SetItems(changed.Select(service => KeyValuePair.Create(service.Service.Name, service)));
        }
        _cluster = new() { Revision = revision, Node = node, Services = services };
    }

    // States share what did not change, so that a reference tells. What a call names as changed is all that can differ from the call
    // before, unless it names everything.
    private (List<ServiceEndpoints> Changed, List<NamespacedName> Removed) Differences(ReconcileInput input)
    {
        var changed = new List<ServiceEndpoints>();
        var removed = new List<NamespacedName>();
        ImmutableDictionary<NamespacedName, ServiceEndpoints> before = _cluster.Services, now = input.Cluster.Services;
        if (ReferenceEquals(before, now) && !_sendsAll)
        {
            return (changed, removed);
        }
        IEnumerable<NamespacedName> candidates = input.Changed.Everything || _sendsAll
            ? now.Keys.Concat(before.Keys.Where(name => !now.ContainsKey(name))) : input.Changed.Services;
        foreach (var name in candidates)
        {
            var known = before.GetValueOrDefault(name);
            if (now.GetValueOrDefault(name) is not { } service)
            {
                if (known is not null)
                {
                    removed.Add(name);
                }
            }
            else if (_sendsAll || !ReferenceEquals(known, service))
            {
                changed.Add(service);
            }
        }
        return (changed, removed);
    }
}
