using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>Reads clusterCIDR, detectLocalMode and detectLocal.</summary>
internal static class LocalDetection
{
    // IFNAMSIZ less the terminating zero; longer names no interface has, and iptables refuses them.
    private const int LongestInterfaceName = 15;

    public static IpvsConfiguration Read(Section root, IpvsConfiguration basis)
    {
        var result = basis with { ClusterCIDRs = ReadClusterCIDR(root, basis.ClusterCIDRs) };
        var names = root.Mapping("detectLocal");
        var bridge = names?.Text("bridgeInterface");
        var prefix = names?.Text("interfaceNamePrefix");
        names?.ReportUnknownKeys();
        var detect = basis.DetectLocal with
        {
            Mode = ReadMode(root, basis.DetectLocal.Mode),
            BridgeInterface = bridge?.Value ?? basis.DetectLocal.BridgeInterface,
            InterfaceNamePrefix = prefix?.Value ?? basis.DetectLocal.InterfaceNamePrefix,
        };
        if (detect.Mode == DetectLocalMode.BridgeInterface)
        {
            CheckName(root, "detectLocal.bridgeInterface", detect.BridgeInterface, bridge, "the pods' bridge, such as cni0", LongestInterfaceName);
        }
        else if (detect.Mode == DetectLocalMode.InterfaceNamePrefix)
        {
            CheckName(root, "detectLocal.interfaceNamePrefix", detect.InterfaceNamePrefix, prefix, "what the pods' interfaces begin with, such as veth", LongestInterfaceName - 1);
        }
        return result with { DetectLocal = detect };
    }

    private static DetectLocalMode ReadMode(Section root, DetectLocalMode byDefault)
    {
        if (root.Text("detectLocalMode") is not { Value.Length: > 0 } field)
        {
            return byDefault;
        }
        if (Enum.GetNames<DetectLocalMode>().Contains(field.Value))
        {
            return Enum.Parse<DetectLocalMode>(field.Value);
        }
        root.Problems.Error(field.Path, field.Line, $"is \"{field.Value}\"; it must be one of {string.Join(", ", Enum.GetNames<DetectLocalMode>())}");
        return byDefault;
    }

    private static void CheckName(Section root, string path, string name, Field<string>? field, string what, int longest)
    {
        if (name.Length == 0)
        {
            root.Problems.Error(path, field?.Line ?? root.LineOf("detectLocalMode"), $"is empty; with this detectLocalMode it must name {what}");
        }
        else if (name.Length > longest || name.Any(c => char.IsWhiteSpace(c) || c is '/' or '"' or '+' or '!'))
        {
            root.Problems.Error(path, field?.Line ?? 0, $"is \"{name}\", which no interface can be called; it must name {what}");
        }
    }

    private static EquatableArray<InetPrefix> ReadClusterCIDR(Section root, EquatableArray<InetPrefix> byDefault)
    {
        if (root.Text("clusterCIDR") is not { Value.Length: > 0 } field)
        {
            return byDefault;
        }
        const string What = "a network such as 10.244.0.0/16, or an IPv4 and an IPv6 one with a comma between: 10.244.0.0/16,fd00:10:244::/56";
        var parts = field.Value.Split(',');
        var networks = parts.Select(part => InetPrefix.TryParse(part, out var network) ? network.Network : default).ToList();
        if (networks.Exists(network => network.IsNone) || networks.Count > 2 || (networks.Count == 2 && networks[0].Family == networks[1].Family))
        {
            root.Problems.Error(field.Path, field.Line, $"is \"{field.Value}\"; it must be {What}");
            return byDefault;
        }
        return networks.ToEquatableArray();
    }
}
