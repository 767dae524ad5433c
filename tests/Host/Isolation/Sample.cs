using System.Collections.Immutable;
using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Host.Tests.Isolation;

/// <summary>Clusters with something in every field.</summary>
internal static class Sample
{
    public static ClusterState Cluster(int services, int endpoints) => new()
    {
        Revision = 1,
        Node = new()
        {
            Name = "node-1",
            Addresses = [InetAddress.Parse("192.168.0.1"), InetAddress.Parse("fd00::1")],
            PodCIDRs = [InetPrefix.Parse("10.244.0.0/24")],
            Labels = [new("topology.kubernetes.io/zone", "a"), new("empty", "")],
            TaintKeys = ["node.kubernetes.io/unreachable"],
            IsBeingDeleted = true,
        },
        Services = Enumerable.Range(0, services).Select(i => Service(i, endpoints))
            .ToImmutableDictionary(service => service.Service.Name),
    };

    public static ServiceEndpoints Service(int index, int endpoints)
    {
        var name = new NamespacedName("default", string.Create(CultureInfo.InvariantCulture, $"service-{index}"));
        return new(
            new()
            {
                Name = name,
                Type = ServiceType.LoadBalancer,
                ClusterIPs = [InetAddress.FromBytes([10, 96, (byte)(index >> 8), (byte)index])],
                Ports = [new("http", IpProtocol.Tcp, 80) { NodePort = 30080 }, new("", IpProtocol.Udp, 53)],
                ExternalIPs = [InetAddress.Parse("203.0.113.7")],
                LoadBalancerIngress = [new(InetAddress.Parse("2001:db8::7"), true)],
                LoadBalancerSourceRanges = [" 10.0.0.0/8"],
                SessionAffinitySeconds = 10800,
                ExternalTrafficPolicyLocal = true,
                InternalTrafficPolicyLocal = true,
                HealthCheckNodePort = 32000,
                ProxyName = "",
                Annotations = [new("netagent.io/scheduler", "wrr")],
            },
            [new()
            {
                Name = name,
                Service = name,
                AddressFamily = IpFamily.IPv4,
                Ports = [new("http", IpProtocol.Tcp, 8080), new(null, IpProtocol.Udp, 0)],
                Endpoints = Enumerable.Range(0, endpoints).Select(k => new Endpoint
                {
                    Address = InetAddress.FromBytes([10, (byte)(index >> 8), (byte)index, (byte)k]),
                    IsReady = k % 3 != 2,
                    IsServing = true,
                    IsTerminating = k % 5 == 4,
                    NodeName = "node-1",
                    Zone = k % 2 == 0 ? null : "a",
                    ZoneHints = ["a", "b"],
                    NodeHints = ["node-1"],
                }).ToEquatableArray(),
                LastChangeTriggerTime = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
                Annotations = [new("netagent.io/weight", "3")],
            }]);
    }

    public static NodeFacts Facts { get; } = new()
    {
        KernelVersion = new(6, 1, 90),
        CpuCount = 8,
        MemoryBytes = 1L << 40,
        Links = [new()
        {
            Index = 2,
            Name = "eth0",
            Kind = "",
            IsUp = true,
            Addresses = [InetPrefix.Parse("192.168.0.1/24")],
            HasRoutes = true,
        }],
        Sysctls = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add("net/ipv4/ip_forward", "1"),
        ReadOnlySysctls = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add("net/x", "read-only"),
        Conntrack = new()
        {
            Count = 1,
            Max = 2,
            Buckets = 3,
            InsertFailed = 4,
            Drop = 5,
            EarlyDrop = 6,
            SearchRestart = 7,
            Invalid = 8,
            ChainTooLong = -9,
        },
        IptablesTables = [new(IpFamily.IPv6, "nat", ["-A POSTROUTING -j X"]) { Backend = "nft", IsOtherBackend = true }],
        Route = new() { Link = "eth0", MasqueradeSource = InetAddress.Parse("192.168.0.1"), Problem = "why" },
        IpvsSchedulers = ["rr", "wrr"],
        ForeignAddresses = [new() { Address = InetAddress.Parse("192.168.0.7"), Owner = "Node b", Loss = "its kubelet" }],
    };

    /// <summary>They cover <see cref="Rows"/>.</summary>
    public static PluginClaims Claims { get; } = new()
    {
        VirtualServers = [VirtualServerClaim.All],
        IpvsTimeouts = true,
        Links = ["kube-ipvs0"],
        IpSets = ["*"],
        Chains = [new("nat", "*")],
        Jumps = [new("filter", "FORWARD", "X")],
        Sysctls = ["net/ipv4/ip_forward"],
        Files = ["/etc/sysctl.d/90.conf"],
        HealthCheckPorts = true,
    };

    public static RowSet Rows()
    {
        var rows = new RowSet();
        var server = new VirtualServerKey(IpProtocol.Sctp, InetAddress.Parse("fd00::9"), 443);
        rows.VirtualServers.Add(new(server, "mh")
        {
            Flags = VirtualServerFlags.Persistent | VirtualServerFlags.MhPort,
            PersistenceTimeoutSeconds = 10800,
        });
        rows.RealServers.Add(new(new(server, InetAddress.Parse("fd00::10"), 65535), 65535));
        rows.IpvsTimeouts.Add(new(900, 120, 300));
        rows.Links.Add(new("kube-ipvs0"));
        rows.Addresses.Add(new(new("kube-ipvs0", InetAddress.Parse("10.96.0.1")), AddressBinding.Route));
        rows.IpSets.Add(new("KUBE-CLUSTER-IP", IpSetType.BitmapPort, IpFamily.None));
        rows.IpSetEntries.Add(IpSetEntry.ForPort("KUBE-NODE-PORT-TCP", 30080));
        rows.IpSetEntries.Add(IpSetEntry.ForIpPortNet("S", InetAddress.Parse("10.0.0.1"), IpProtocol.Tcp, 80, InetPrefix.Parse("10.0.0.0/8")));
        rows.Chains.Add(new(new(IpFamily.IPv4, "nat", "KUBE-SERVICES"), ["-j ACCEPT", "-m comment --comment \"ü\" -j RETURN"]));
        rows.Jumps.Add(new(new(IpFamily.IPv6, "filter", "FORWARD", "-j X"), JumpPosition.Last) { Order = -3 });
        rows.Sysctls.Add(new("net/ipv4/ip_forward", "1") { Rule = SysctlRule.AtLeast, Order = 7 });
        rows.Files.Add(new("/etc/sysctl.d/90.conf", "a = 1\n"));
        rows.HealthCheckPorts.Add(new(32000, new("default", "a")) { LocalEndpoints = 2, Addresses = [InetAddress.Parse("192.168.0.1")] });
        rows.Notices.Add(new(Severity.Error, "Reason", "message") { Service = new("default", "a") });
        rows.Notices.Add(new(Severity.Warning, "Reason", ""));
        rows.Gauges.Add(new("gauge", double.PositiveInfinity) { Labels = [new("a", "b")] });
        return rows;
    }
}
