using NetAgent.TestKit.Api;

namespace NetAgent.EndToEnd.Tests.Api;

/// <summary>One API server for all tests of the collection; they run one after another.</summary>
public sealed class ApiServerFixture : IAsyncLifetime
{
    public RealApiServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await RealApiServer.StartAsync();
        await Server.KubectlAsync("create namespace netagent-system");
        await Server.KubectlAsync("apply -f -", """{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1", "labels": {"topology.kubernetes.io/zone": "zone-a"}}}""");
    }

    public async ValueTask DisposeAsync()
    {
        // Null when it did not start, which has been reported.
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }
    }
}

[CollectionDefinition("Api server")]
public sealed class ApiServerCollection : ICollectionFixture<ApiServerFixture>;
