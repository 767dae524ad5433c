using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Endpoints;
using NetAgent.Plugins.Ipvs.Nodes;
using NetAgent.Plugins.Ipvs.Sets;

namespace NetAgent.Plugins.Ipvs.Services;

/// <summary>Makes the rows of one Service port in one family.</summary>
internal sealed class PortRows(ServiceContext context, ServiceFamily family, ServicePort port, RowSet rows)
{
    private readonly HashSet<VirtualServerKey> _servers = [];
    private readonly HashSet<InetAddress> _bound = [];

    /// <summary>Load balancer ports that this node itself may not use.</summary>
    public List<VirtualServerKey> ClosedToNode { get; } = [];

    /// <summary>A virtual server under a Local policy has no local backend, though there are some elsewhere.</summary>
    public bool LacksLocal { get; private set; }

    /// <summary>Addresses of ready backends on this node.</summary>
    public IEnumerable<InetAddress> LocalReady { get; private set; } = [];

    // The API server refuses such endpoints; from a file they would lead the Service's clients to the node itself, or round in a circle.
    private bool IsUsable(InetAddress endpoint)
    {
        if (!ServiceFamily.IsOfNoService(endpoint) && endpoint != family.ClusterIP)
        {
            return true;
        }
        context.Notices.Add(new Notice(Severity.Error, "UnusableEndpoint",
            $"Service {context.Service.Name}: an EndpointSlice holds {endpoint}, which no pod can have. It is left out.")
        {
            Service = context.Service.Name,
        });
        return false;
    }

    public void Add()
    {
        var backends = BackendList.Gather(context.Entry.Slices, port, family.Family, context.Node, context.Weights, IsUsable);
        var hasExternal = port.NodePort != 0 || !family.LoadBalancerIPs.IsEmpty || !family.ExternalIPs.IsEmpty;
        var choice = EndpointChoice.Make(backends,
            new TrafficPolicies(context.Service.InternalTrafficPolicyLocal, context.ExternalIsLocal, hasExternal), context.Node);
        LocalReady = backends.Where(backend => backend.IsLocal && backend.IsReady).Select(backend => backend.Address);

        AddLoopBack(backends);
        AddClusterIP(choice);
        AddExternalIPs(choice);
        AddLoadBalancerIPs(choice);
        if (port.NodePort != 0)
        {
            AddNodePort(choice);
        }
    }

    private void AddLoopBack(List<Backend> backends)
    {
        foreach (var backend in backends.Where(backend => backend.IsLocal))
        {
            rows.IpSetEntries.Add(IpSetEntry.ForIpPortIp(
                KubeSets.LoopBack.Name(family.Family), backend.Address, port.Protocol, backend.Port, backend.Address));
        }
    }

    private void AddClusterIP(EndpointChoice choice)
    {
        AddToSet(KubeSets.ClusterIp, family.ClusterIP);
        Bind(family.ClusterIP);
        AddServer(family.ClusterIP, port.Port, choice, context.Service.InternalTrafficPolicyLocal);
    }

    private void AddExternalIPs(EndpointChoice choice)
    {
        foreach (var address in family.ExternalIPs)
        {
            AddToSet(context.ExternalIsLocal ? KubeSets.ExternalIpLocal : KubeSets.ExternalIp, address);
            BindUnlessElsewhere(address);
            AddServer(address, port.Port, choice, context.ExternalIsLocal);
        }
    }

    private void AddLoadBalancerIPs(EndpointChoice choice)
    {
        foreach (var address in family.LoadBalancerIPs)
        {
            AddToSet(KubeSets.LoadBalancer, address);
            if (context.ExternalIsLocal)
            {
                AddToSet(KubeSets.LoadBalancerLocal, address);
            }
            if (family.SourceRanges.IsRestricted)
            {
                AddSourceRanges(address);
            }
            BindUnlessElsewhere(address);
            AddServer(address, port.Port, choice, context.ExternalIsLocal);
        }
    }

    private void AddSourceRanges(InetAddress address)
    {
        AddToSet(KubeSets.LoadBalancerFirewall, address);
        foreach (var network in family.SourceRanges.Networks.Distinct())
        {
            rows.IpSetEntries.Add(IpSetEntry.ForIpPortNet(
                KubeSets.LoadBalancerSourceCidr.Name(family.Family), address, port.Protocol, port.Port, network));
        }
        if (family.SourceRanges.Admit(context.Node.Address(family.Family)))
        {
            // What the node sends to one of its own addresses has that address as source.
            rows.IpSetEntries.Add(IpSetEntry.ForIpPortIp(
                KubeSets.LoadBalancerSourceIp.Name(family.Family), address, port.Protocol, port.Port, address));
        }
        else
        {
            ClosedToNode.Add(new VirtualServerKey(port.Protocol, address, port.Port));
        }
    }

    private void AddNodePort(EndpointChoice choice)
    {
        if (family.NodePortAddresses.IsEmpty)
        {
            return;
        }
        var (all, local) = port.Protocol switch
        {
            IpProtocol.Udp => (KubeSets.NodePortUdp, KubeSets.NodePortLocalUdp),
            IpProtocol.Sctp => (KubeSets.NodePortSctp, KubeSets.NodePortLocalSctp),
            _ => (KubeSets.NodePortTcp, KubeSets.NodePortLocalTcp),
        };
        AddNodePortEntries(all);
        if (context.ExternalIsLocal)
        {
            AddNodePortEntries(local);
        }
        foreach (var address in family.NodePortAddresses)
        {
            AddServer(address, port.NodePort, choice, context.ExternalIsLocal);
        }
    }

    private void AddNodePortEntries(KubeSet set)
    {
        if (set.Type == IpSetType.BitmapPort)
        {
            rows.IpSetEntries.Add(IpSetEntry.ForPort(set.Name(family.Family), port.NodePort));
            return;
        }
        foreach (var address in family.NodePortAddresses)
        {
            rows.IpSetEntries.Add(IpSetEntry.ForIpPort(set.Name(family.Family), address, port.Protocol, port.NodePort));
        }
    }

    private void AddToSet(KubeSet set, InetAddress address) =>
        rows.IpSetEntries.Add(IpSetEntry.ForIpPort(set.Name(family.Family), address, port.Protocol, port.Port));

    private void BindUnlessElsewhere(InetAddress address)
    {
        if (!context.Node.IsOnAnotherInterface(address))
        {
            Bind(address);
        }
    }

    private void Bind(InetAddress address)
    {
        if (_bound.Add(address))
        {
            rows.Addresses.Add(new LinkAddress(new LinkAddressKey(NodeObserver.VipLink, address), context.Binding));
            rows.IpSetEntries.Add(IpSetEntry.ForIp(KubeSets.IpvsIps.Name(family.Family), address));
        }
    }

    private void AddServer(InetAddress address, ushort serverPort, EndpointChoice choice, bool local)
    {
        LacksLocal |= choice.HasAny && choice.FallsBack(local);
        var key = new VirtualServerKey(port.Protocol, address, serverPort);
        if (!_servers.Add(key))
        {
            return;
        }
        var affinity = (uint)context.Service.SessionAffinitySeconds;
        rows.VirtualServers.Add(new VirtualServer(key, context.Scheduler)
        {
            Flags = SchedulerChoice.Flags(context.Scheduler, affinity > 0),
            PersistenceTimeoutSeconds = affinity,
        });
        foreach (var backend in choice.For(local))
        {
            rows.RealServers.Add(new RealServer(new RealServerKey(key, backend.Address, backend.Port), backend.Weight));
        }
    }
}
