using NetAgent.Contracts;

namespace NetAgent.Ipvs.Tests;

/// <summary>The node on which the recordings were made.</summary>
internal static class RecordedNode
{
    public const string Name = "node-1";

    public static LinkFacts Loopback { get; } = Link(1, "lo", "127.0.0.1/8", "::1/128") with { IsLoopback = true };

    public static LinkFacts Eth0 { get; } = Link(2, "eth0", "192.0.2.11/24", "fd00:192:2::11/64", "fe80::1/64");

    public static NodeFacts Facts { get; } = new()
    {
        KernelVersion = new Version(6, 1, 0),
        Links = [Loopback, Eth0],
        IpvsSchedulers = ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "dh", "sed", "nq", "mh", "fo", "ovf", "twos"],
    };

    public static Node Node { get; } = new()
    {
        Name = Name,
        Addresses = [InetAddress.Parse("192.0.2.11"), InetAddress.Parse("fd00:192:2::11")],
        PodCIDRs = [InetPrefix.Parse("10.244.1.0/24"), InetPrefix.Parse("fd00:10:244:1::/64")],
        Labels = [new Label("topology.kubernetes.io/zone", "zone-a")],
    };

    public static LinkFacts Link(int index, string name, params string[] addresses) => new()
    {
        Index = index,
        Name = name,
        Kind = "",
        IsUp = true,
        Addresses = addresses.Select(address => InetPrefix.Parse(address)).ToEquatableArray(),
        HasRoutes = true,
    };

    public static NodeFacts WithLinks(params LinkFacts[] links) => Facts with { Links = links.ToEquatableArray() };
}
