using System.Globalization;

namespace NetAgent.EndToEnd.Tests.Network;

/// <summary>Kubernetes objects as text, in a folder that the agent watches.</summary>
internal sealed class Manifests
{
    internal Manifests()
    {
        Folder = Directory.CreateTempSubdirectory("netagent-manifests-").FullName;
        Node();
    }

    internal string Folder { get; }

    /// <summary>This Node, with further labels in YAML's flow style.</summary>
    internal void Node(string labels = "") => Write("node", $$"""
        apiVersion: v1
        kind: Node
        metadata: { name: node-1, labels: { topology.kubernetes.io/zone: zone-a, {{labels}} } }
        spec: { podCIDR: 10.244.1.0/24, podCIDRs: [10.244.1.0/24, "fd00:10:244:1::/64"] }
        status:
          addresses:
          - { type: InternalIP, address: {{ClusterNetwork.NodeAddress}} }
          - { type: InternalIP, address: "{{ClusterNetwork.NodeAddress6}}" }
        """);

    /// <summary>Written beside and renamed over, as a careful editor does.</summary>
    internal void Write(string name, string text)
    {
        var path = Path.Combine(Folder, name + ".yaml");
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }

    internal void Delete(string name) => File.Delete(Path.Combine(Folder, name + ".yaml"));

    /// <summary>A Service with one port 80 (protocol given) and its slice. <paramref name="spec"/> is YAML for further lines of spec, in flow style.</summary>
    internal void Service(string name, string clusterIP, string spec, IEnumerable<string> endpoints, string protocol = "TCP", string status = "")
    {
        var family = clusterIP.Contains(':', StringComparison.Ordinal) ? "IPv6" : "IPv4";
        Write(name, string.Create(CultureInfo.InvariantCulture, $$"""
            apiVersion: v1
            kind: Service
            metadata: { name: {{name}}, namespace: default }
            spec: { clusterIP: "{{clusterIP}}", clusterIPs: ["{{clusterIP}}"], ipFamilies: [{{family}}], {{spec}} }
            {{(status.Length == 0 ? "" : $"status: {{ loadBalancer: {{ ingress: [{status}] }} }}")}}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: { name: {{name}}-1, namespace: default, labels: { kubernetes.io/service-name: {{name}} } }
            addressType: {{family}}
            ports: [{ name: "", protocol: {{protocol}}, port: 8080 }]
            endpoints: [{{string.Join(", ", endpoints)}}]
            """));
    }

    internal static string Port(int nodePort = 0, string protocol = "TCP") => nodePort == 0
        ? $"ports: [{{ protocol: {protocol}, port: 80, targetPort: 8080 }}]"
        : $"ports: [{{ protocol: {protocol}, port: 80, targetPort: 8080, nodePort: {nodePort} }}]";

    internal static string Ready(string address, string node = "node-1") =>
        $"{{ addresses: [\"{address}\"], nodeName: {node}, conditions: {{ ready: true, serving: true, terminating: false }} }}";

    internal static string Terminating(string address, string node = "node-1") =>
        $"{{ addresses: [\"{address}\"], nodeName: {node}, conditions: {{ ready: false, serving: true, terminating: true }} }}";
}
