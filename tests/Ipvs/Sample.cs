using NetAgent.Contracts;

namespace NetAgent.Ipvs.Tests;

/// <summary>Short words for the objects that tests put into a cluster.</summary>
internal static class Sample
{
    public static Service Service(string name = "web", string clusterIP = "10.96.10.1") => new()
    {
        Name = new("default", name),
        ClusterIPs = [InetAddress.Parse(clusterIP)],
        Ports = [new ServicePort("", IpProtocol.Tcp, 80)],
    };

    public static Service NodePort(ushort nodePort = 30080, IpProtocol protocol = IpProtocol.Tcp) => Service() with
    {
        Type = ServiceType.NodePort,
        Ports = [new ServicePort("", protocol, 80) { NodePort = nodePort }],
    };

    public static Service LoadBalancer(params string[] ingress) => Service() with
    {
        Type = ServiceType.LoadBalancer,
        LoadBalancerIngress = ingress.Select(ip => new LoadBalancerIngress(InetAddress.Parse(ip), IsProxy: false)).ToEquatableArray(),
    };

    public static Endpoint Endpoint(string address, string? node = "node-2", string? zone = "zone-b") => new()
    {
        Address = InetAddress.Parse(address),
        IsReady = true,
        IsServing = true,
        NodeName = node,
        Zone = zone,
    };

    /// <summary>10.244.1.10 on this node, 10.244.2.11 and 10.244.2.12 elsewhere.</summary>
    public static Endpoint[] ThreePods { get; } = [Local(), Endpoint("10.244.2.11"), Endpoint("10.244.2.12")];

    public static Endpoint Local(string address = "10.244.1.10") => Endpoint(address, RecordedNode.Name, "zone-a");

    public static Endpoint NotReady(this Endpoint endpoint) => endpoint with { IsReady = false, IsServing = false };

    public static Endpoint Terminating(this Endpoint endpoint) => endpoint with { IsReady = false, IsServing = true, IsTerminating = true };

    public static Endpoint ForZone(this Endpoint endpoint, params string[] zones) => endpoint with { ZoneHints = zones.ToEquatableArray() };

    public static Endpoint ForNode(this Endpoint endpoint, params string[] nodes) => endpoint with { NodeHints = nodes.ToEquatableArray() };

    public static EndpointSlice Slice(string name, params Endpoint[] endpoints) => new()
    {
        Name = new("default", name),
        Service = new("default", "web"),
        AddressFamily = endpoints.Length == 0 ? IpFamily.IPv4 : endpoints[0].Address.Family,
        Ports = [new EndpointPort("", IpProtocol.Tcp, 8080)],
        Endpoints = endpoints.ToEquatableArray(),
    };

    public static EquatableArray<Label> Annotation(string key, string value) => [new Label(key, value)];
}
