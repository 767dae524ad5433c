using NetAgent.TestKit;
using NetAgent.TestKit.Api;

namespace NetAgent.Deploy.Tests.Server;

/// <summary>An API server with the namespaces that are installed into, and the Prometheus operator's kinds.</summary>
public sealed class ApiServerFixture : IAsyncLifetime
{
    public RealApiServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await RealApiServer.StartAsync();
        await Server.KubectlAsync($"apply -f {Path.Combine(Kustomize.Folder, "namespace.yaml")}");
        await Server.KubectlAsync("apply -f -", string.Join("\n---\n", [Kind("PodMonitor"), Kind("ServiceMonitor"), Kind("PrometheusRule")]));
        await Server.KubectlAsync("wait --for=condition=Established crd --all");
    }

    // Null when it did not start, which has been reported.
    public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static string Kind(string kind) => $$"""
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: {{kind.ToLowerInvariant()}}s.monitoring.coreos.com}
        spec:
          group: monitoring.coreos.com
          scope: Namespaced
          names: {kind: {{kind}}, plural: {{kind.ToLowerInvariant()}}s}
          versions:
          - name: v1
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true} } } }
        """;
}

[CollectionDefinition("Api server")]
public sealed class ApiServerCollection : ICollectionFixture<ApiServerFixture>;
