using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>Reads clusterCIDR, detectLocalMode and detectLocal.</summary>
internal static class LocalDetection
{
    // IFNAMSIZ less the terminating zero; longer names no interface has, and iptables refuses them.
    private const int LongestInterfaceName = 15;

    public static IpvsConfiguration Read(ConfigSection root, IpvsConfiguration basis)
    {
        var result = basis with { ClusterCIDRs = ReadClusterCIDR(root, basis.ClusterCIDRs) };
        var names = root.Section("detectLocal");
        var bridge = names.Text("bridgeInterface");
        var prefix = names.Text("interfaceNamePrefix");
        names.Finish();
        var detect = basis.DetectLocal with
        {
            Mode = ReadMode(root, basis.DetectLocal.Mode),
            BridgeInterface = bridge ?? basis.DetectLocal.BridgeInterface,
            InterfaceNamePrefix = prefix ?? basis.DetectLocal.InterfaceNamePrefix,
        };
        if (detect.Mode == DetectLocalMode.BridgeInterface)
        {
            CheckName(names, "bridgeInterface", detect.BridgeInterface, "the pods' bridge, such as cni0", LongestInterfaceName);
        }
        else if (detect.Mode == DetectLocalMode.InterfaceNamePrefix)
        {
            CheckName(names, "interfaceNamePrefix", detect.InterfaceNamePrefix, "what the pods' interfaces begin with, such as veth",
                LongestInterfaceName - 1);
        }
        return result with { DetectLocal = detect };
    }

    private static DetectLocalMode ReadMode(ConfigSection root, DetectLocalMode byDefault) =>
        root.OneOf("detectLocalMode", [.. Enum.GetNames<DetectLocalMode>(), ""]) is { Length: > 0 } mode
            ? Enum.Parse<DetectLocalMode>(mode) : byDefault;

    private static void CheckName(ConfigSection names, string key, string name, string what, int longest)
    {
        if (name.Length == 0)
        {
            names.Error(key, $"is empty; with this detectLocalMode it must name {what}");
        }
        else if (name.Length > longest || name.Any(c => char.IsWhiteSpace(c) || c is '/' or '"' or '+' or '!'))
        {
            names.Error(key, $"'{name}' is no name of an interface; it must name {what}");
        }
    }

    private static EquatableArray<InetPrefix> ReadClusterCIDR(ConfigSection root, EquatableArray<InetPrefix> byDefault)
    {
        if (root.Text("clusterCIDR") is not { Length: > 0 } text)
        {
            return byDefault;
        }
        const string What =
            "a network such as 10.244.0.0/16, or an IPv4 and an IPv6 one with a comma between: 10.244.0.0/16,fd00:10:244::/56";
        var parts = text.Split(',');
        var networks = parts.Select(part => InetPrefix.TryParse(part, out var network) ? network.Network : default).ToList();
        if (networks.Exists(network => network.IsNone) || networks.Count > 2
            || (networks.Count == 2 && networks[0].Family == networks[1].Family))
        {
            root.Error("clusterCIDR", $"'{text}' is not {What}");
            return byDefault;
        }
        return networks.ToEquatableArray();
    }
}
