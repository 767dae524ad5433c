using NetAgent.Contracts;

namespace NetAgent.Ipvs.Tests;

/// <summary>Random changes of a small cluster on a restless node. Services share addresses but no address and port, which would be a conflict.</summary>
internal static class RandomCluster
{
    private const int Services = 5;
    private static readonly string[] Zones = ["zone-a", "zone-b", "zone-c"];
    private static readonly IpProtocol[] Protocols = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp];

    /// <summary>Makes the change that a number stands for and tells the plugin of it.</summary>
    public static void Change(Proxy proxy, int seed)
    {
        var random = new Random(seed);
        var name = random.Next(Services);
        switch (random.Next(12))
        {
            case 0:
                proxy.Delete($"s{name}");
                break;
            case 1:
                proxy.Node(RecordedNode.Node with
                {
                    Labels = [new Label("topology.kubernetes.io/zone", Pick(random, Zones))],
                    PodCIDRs = [InetPrefix.Parse($"10.244.{random.Next(3)}.0/24")],
                    Addresses = random.Next(2) == 0 ? RecordedNode.Node.Addresses : [InetAddress.Parse("198.51.100.1")],
                });
                break;
            case 2:
                proxy.Observe(RecordedNode.WithLinks(RecordedNode.Loopback, RecordedNode.Eth0,
                    RecordedNode.Link(3, "eth1", $"192.0.2.{random.Next(100, 102)}/24", $"203.0.113.{random.Next(3)}/32")) with
                {
                    KernelVersion = Pick(random, new Version(6, 1), new Version(5, 4)),
                    IpvsSchedulers = random.Next(2) == 0 ? ["rr", "lc"] : ["rr", "lc", "mh"],
                });
                break;
            case 3:
                proxy.Node(null);
                proxy.Put(Service(random, name), Slices(random, name));
                proxy.Node(RecordedNode.Node);
                break;
            default:
                proxy.Put(Service(random, name), Slices(random, name));
                break;
        }
    }

    private static Service Service(Random random, int index)
    {
        var type = Pick(random, ServiceType.ClusterIP, ServiceType.NodePort, ServiceType.LoadBalancer, ServiceType.LoadBalancer, ServiceType.ExternalName);
        var port = (ushort)(1000 + index * 10);
        var ports = Enumerable.Range(0, random.Next(1, 3)).Select(n => new ServicePort(
            $"p{n}", Pick(random, Protocols), (ushort)(port + n))
        {
            NodePort = type is ServiceType.ClusterIP || random.Next(4) == 0 ? (ushort)0 : (ushort)(30000 + port + n),
        });
        return new Service
        {
            Name = new("default", $"s{index}"),
            Type = type,
            ClusterIPs = Some(random, $"10.96.0.{index + 1}", $"fd00:10:96::{index + 1}"),
            Ports = ports.ToEquatableArray(),
            ExternalIPs = Some(random, "192.0.2.11", "203.0.113.1", "2001:db8::1"),
            LoadBalancerIngress = type == ServiceType.LoadBalancer
                ? Some(random, "203.0.113.0", "203.0.113.2", "2001:db8::2").Select(ip => new LoadBalancerIngress(ip, random.Next(3) == 0)).ToEquatableArray()
                : default,
            LoadBalancerSourceRanges = Pick<EquatableArray<string>>(random, [], ["192.0.2.0/24"], ["10.0.0.0/8", "2001:db8::/32"], ["0.0.0.0/0", "nonsense"], ["::/0"]),
            SessionAffinitySeconds = Pick(random, 0, 10800),
            ExternalTrafficPolicyLocal = random.Next(2) == 0,
            InternalTrafficPolicyLocal = random.Next(4) == 0,
            HealthCheckNodePort = (ushort)(random.Next(2) * (32000 + index)),
            ProxyName = random.Next(10) == 0 ? "other" : null,
            Annotations = Pick<EquatableArray<Label>>(random, [], [new Label("netagent.io/scheduler", "mh")], [new Label("netagent.io/local-weight", "5")], [new Label("netagent.io/zone-weight", "bad")]),
        };
    }

    private static EndpointSlice[] Slices(Random random, int index) => Enumerable.Range(0, random.Next(3)).Select(n =>
    {
        var family = Pick(random, IpFamily.IPv4, IpFamily.IPv4, IpFamily.IPv6);
        return new EndpointSlice
        {
            Name = new("default", $"s{index}-{n}"),
            Service = new("default", $"s{index}"),
            AddressFamily = family,
            Ports = Protocols.SelectMany(protocol => new[] { new EndpointPort("p0", protocol, 8080), new EndpointPort("p1", protocol, 8081) }).ToEquatableArray(),
            Endpoints = Enumerable.Range(0, random.Next(4)).Select(_ => Endpoint(random, family)).ToEquatableArray(),
            Annotations = Pick<EquatableArray<Label>>(random, [], [], [new Label("netagent.io/weight", "3")]),
        };
    }).ToArray();

    private static Endpoint Endpoint(Random random, IpFamily family)
    {
        var place = random.Next(3);
        var number = random.Next(1, 6);
        var (ready, serving) = Pick(random, (true, true), (true, true), (false, true), (false, false));
        return new Endpoint
        {
            Address = InetAddress.Parse(family == IpFamily.IPv4 ? $"10.244.{place}.{number}" : $"fd00:10:244:{place}::{number}"),
            IsReady = ready,
            IsServing = serving,
            IsTerminating = !ready && random.Next(2) == 0,
            NodeName = $"node-{place + 1}",
            Zone = Zones[place],
            ZoneHints = Pick<EquatableArray<string>>(random, [], [Pick(random, Zones)]),
            NodeHints = Pick<EquatableArray<string>>(random, [], [], ["node-1"]),
        };
    }

    private static EquatableArray<InetAddress> Some(Random random, params string[] addresses) =>
        addresses.Where(_ => random.Next(2) == 0).Select(address => InetAddress.Parse(address)).ToEquatableArray();

    private static T Pick<T>(Random random, params T[] choices) => choices[random.Next(choices.Length)];
}
