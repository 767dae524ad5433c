using NetAgent.TestKit.Api;

namespace NetAgent.EndToEnd.Tests.Api;

/// <summary>JSON of the objects that the tests create.</summary>
internal static class Objects
{
    public const string Slices = "apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

    /// <summary>kubectl apply; for EndpointSlices replace or create, since kubectl would patch them in a way that custom resources do not know.</summary>
    public static async Task<string> ApplyAsync(RealApiServer server, string json)
    {
        if (!json.Contains("\"EndpointSlice\"", StringComparison.Ordinal))
        {
            return await server.KubectlAsync("apply --validate=false -f -", json);
        }
        try
        {
            return await server.KubectlAsync("replace --validate=false -f -", json);
        }
        catch (InvalidOperationException e) when (e.Message.Contains("NotFound", StringComparison.Ordinal))
        {
            return await server.KubectlAsync("create --validate=false -f -", json);
        }
    }

    public static string Service(string name, string more = "") =>
        $$"""{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "{{name}}", "namespace": "default"}, "spec": {"ports": [{"port": 80}]{{more}} } }""";

    public static string Slice(string name, string service, params string[] addresses) => $$"""
        {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "{{name}}", "namespace": "default",
         "labels": {"kubernetes.io/service-name": "{{service}}"} }, "addressType": "IPv4", "ports": [{"name": "", "port": 8080, "protocol": "TCP"}],
         "endpoints": [{{string.Join(", ", addresses.Select(a => $$"""{"addresses": ["{{a}}"]}"""))}}] }
        """;

    public static string Patch(params string[] addresses) =>
        $$"""{"endpoints": [{{string.Join(", ", addresses.Select(a => $$"""{"addresses": ["{{a}}"]}"""))}}] }""";
}
