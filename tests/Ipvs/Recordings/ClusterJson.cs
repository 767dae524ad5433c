using System.Collections.Immutable;
using System.Text.Json;
using NetAgent.Contracts;

namespace NetAgent.Ipvs.Tests.Recordings;

/// <summary>Reads a recording's List of objects into a cluster, apart from the host's reader so that each is a check on the other.</summary>
internal static class ClusterJson
{
    /// <summary>The cluster of the files, an object of a later one taking the place of its namesake.</summary>
    public static ClusterState Read(string nodeName, params string[] files)
    {
        var objects = new Dictionary<(string Kind, NamespacedName Name), JsonElement>();
        foreach (var file in files)
        {
            using var document = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var item in document.RootElement.GetProperty("items").EnumerateArray())
            {
                var metadata = item.GetProperty("metadata");
                objects[(item.GetProperty("kind").GetString()!, new(Text(metadata, "namespace") ?? "", Text(metadata, "name")!))] = item.Clone();
            }
        }
        var slices = objects.Where(pair => pair.Key.Kind == "EndpointSlice").Select(pair => Slice(pair.Key.Name, pair.Value))
            .ToLookup(slice => slice.Service);
        return new ClusterState
        {
            Node = objects.Where(pair => pair.Key.Kind == "Node" && pair.Key.Name.Name == nodeName).Select(pair => Node(nodeName, pair.Value)).SingleOrDefault(),
            Services = objects.Where(pair => pair.Key.Kind == "Service").ToImmutableDictionary(pair => pair.Key.Name, pair =>
                new ServiceEndpoints(Service(pair.Key.Name, pair.Value), slices[pair.Key.Name].OrderBy(slice => slice.Name).ToEquatableArray())),
        };
    }

    private static Node Node(string name, JsonElement item) => new()
    {
        Name = name,
        Addresses = List(item, "status", "addresses").Where(a => Text(a, "type") == "InternalIP").Select(a => InetAddress.Parse(Text(a, "address")))
            .ToEquatableArray(),
        PodCIDRs = List(item, "spec", "podCIDRs").Select(c => InetPrefix.Parse(c.GetString())).ToEquatableArray(),
        Labels = Labels(item, "labels"),
    };

    private static Service Service(NamespacedName name, JsonElement item)
    {
        var clusterIPs = List(item, "spec", "clusterIPs").Select(ip => ip.GetString()!).ToList();
        return new Service
        {
            Name = name,
            Type = Enum.Parse<ServiceType>(Text(item, "spec", "type") ?? "ClusterIP"),
            IsHeadless = clusterIPs.Contains("None"),
            ClusterIPs = clusterIPs.Where(ip => ip != "None").Select(ip => InetAddress.Parse(ip)).ToEquatableArray(),
            Ports = List(item, "spec", "ports")
                .Select(p => new ServicePort(Text(p, "name") ?? "", Protocol(p), (ushort)Number(p, "port"))
                {
                    NodePort = (ushort)Number(p, "nodePort"),
                }).ToEquatableArray(),
            ExternalIPs = List(item, "spec", "externalIPs").Select(ip => InetAddress.Parse(ip.GetString())).ToEquatableArray(),
            LoadBalancerIngress = List(item, "status", "loadBalancer", "ingress").Where(i => Text(i, "ip") is not null)
                .Select(i => new LoadBalancerIngress(InetAddress.Parse(Text(i, "ip")), Text(i, "ipMode") == "Proxy")).ToEquatableArray(),
            LoadBalancerSourceRanges = List(item, "spec", "loadBalancerSourceRanges").Select(r => r.GetString()!).ToEquatableArray(),
            SessionAffinitySeconds = Text(item, "spec", "sessionAffinity") == "ClientIP"
                ? Number(item, "spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds") is > 0 and var seconds ? seconds : 10800
                : 0,
            ExternalTrafficPolicyLocal = Text(item, "spec", "externalTrafficPolicy") == "Local",
            InternalTrafficPolicyLocal = Text(item, "spec", "internalTrafficPolicy") == "Local",
            HealthCheckNodePort = (ushort)Number(item, "spec", "healthCheckNodePort"),
            ProxyName = Labels(item, "labels").Find("service.kubernetes.io/service-proxy-name"),
            Annotations = Labels(item, "annotations"),
        };
    }

    private static EndpointSlice Slice(NamespacedName name, JsonElement item) => new()
    {
        Name = name,
        Service = new(name.Namespace, Labels(item, "labels").Find("kubernetes.io/service-name")!),
        AddressFamily = Enum.TryParse<IpFamily>(Text(item, "addressType"), out var family) ? family : IpFamily.None,
        Annotations = Labels(item, "annotations"),
        Ports = List(item, "ports").Select(p => new EndpointPort(Text(p, "name"), Protocol(p), (ushort)Number(p, "port"))).ToEquatableArray(),
        Endpoints = List(item, "endpoints").Select(e => new Endpoint
        {
            Address = InetAddress.Parse(e.GetProperty("addresses")[0].GetString()),
            IsReady = Flag(e, "ready") ?? true,
            IsServing = Flag(e, "serving") ?? Flag(e, "ready") ?? true,
            IsTerminating = Flag(e, "terminating") ?? false,
            NodeName = Text(e, "nodeName"),
            Zone = Text(e, "zone"),
            ZoneHints = List(e, "hints", "forZones").Select(h => Text(h, "name")!).ToEquatableArray(),
            NodeHints = List(e, "hints", "forNodes").Select(h => Text(h, "name")!).ToEquatableArray(),
        }).ToEquatableArray(),
    };

    private static IpProtocol Protocol(JsonElement port) => Enum.Parse<IpProtocol>(Text(port, "protocol") ?? "TCP", ignoreCase: true);

    private static EquatableArray<Label> Labels(JsonElement item, string kind) =>
        Find(item, "metadata", kind) is { ValueKind: JsonValueKind.Object } labels
            ? labels.EnumerateObject().Select(p => new Label(p.Name, p.Value.GetString()!)).ToEquatableArray()
            : default;

    private static bool? Flag(JsonElement endpoint, string condition) =>
        Find(endpoint, "conditions", condition) is { ValueKind: JsonValueKind.True or JsonValueKind.False } flag ? flag.GetBoolean() : null;

    private static int Number(JsonElement item, params string[] path) => Find(item, path) is { ValueKind: JsonValueKind.Number } n ? n.GetInt32() : 0;

    private static string? Text(JsonElement item, params string[] path) => Find(item, path) is { ValueKind: JsonValueKind.String } s ? s.GetString() : null;

    private static List<JsonElement> List(JsonElement item, params string[] path) =>
        Find(item, path) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [];

    private static JsonElement? Find(JsonElement item, params string[] path)
    {
        foreach (var key in path)
        {
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty(key, out item))
            {
                return null;
            }
        }
        return item;
    }
}
