using System.Diagnostics;
using System.Globalization;
using NetAgent.Contracts;
using NetAgent.TestKit;
using NetAgent.TestKit.Api;

namespace NetAgent.EndToEnd.Tests.ApiKernel;

/// <summary>1,000 Services with 20 endpoints each in a real API server, and the agent with plugin ipvs that has programmed them, on one kernel.</summary>
public sealed class LargeCluster : IAsyncLifetime
{
    internal const int Services = 1000, EndpointsEach = 20;

    private const string SlicesPath = "apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
    private readonly int[] _generations = new int[Services];
    private KernelView? _kernel;

    internal RealApiServer Server { get; private set; } = null!;

    internal ClusterAgent Agent { get; private set; } = null!;

    internal KernelView Kernel => _kernel ?? throw new InvalidOperationException("closed");

    /// <summary>How long it took to create everything, and then for the kernel to hold it.</summary>
    internal string Preparation { get; private set; } = "";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (LabKernel.WhyNot is not null)
        {
            return;
        }
        var watch = Stopwatch.StartNew();
        Server = await RealApiServer.StartAsync();
        var started = watch.Elapsed;
        Agent = await ClusterAgent.PrepareAsync(Server);
        await Server.StoreAsync(Enumerable.Range(0, Services).SelectMany(Objects));
        await RealApiServer.UntilAsync("the server to serve them", async () =>
            (await Server.GetAsync($"{SlicesPath}?labelSelector=kubernetes.io/service-name={Name(Services - 1)}")).Contains(Name(Services - 1) + "-1", StringComparison.Ordinal),
            progress: () => Server.CountAsync(SlicesPath));
        var created = watch.Elapsed;
        Agent.Configure();
        Agent.Start();
        OpenKernel();
        Preparation = $"API server ready after {started.TotalSeconds:0} s, {Services} Services with {EndpointsEach} endpoints stored in "
            + $"{(created - started).TotalSeconds:0} s, in the kernel {(watch.Elapsed - created).TotalSeconds:0} s after the agent's start";
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Agent?.Dispose();
        CloseKernel();
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }
    }

    /// <summary>For the start of a test: another that failed may have left no agent behind, another configuration, a label.</summary>
    internal async Task SettleAsync()
    {
        var death = Agent.TakeDeath();
        await LabelAsync("null");
        Agent.Configure();
        if (!Agent.IsRunning)
        {
            Agent.Start();
        }
        if (_kernel is null)
        {
            OpenKernel();
        }
        // Rows that the kernel refused while its modules were away are tried again within a minute.
        await RealApiServer.UntilAsync("the agent to be well", async () => await Agent.MetricAsync("netagent_degraded") == 0);
        await UntilAsync("the kernel to hold everything", () => Kernel.Everything().SequenceEqual(Everything()));
        Assert.True(death is null, $"before this test: {death}");
    }

    /// <summary>Sets the Node's label that gates plugin ipvs, in JSON; null takes it away.</summary>
    internal Task LabelAsync(string value) => RealApiServer.UntilAsync($"the label {value} to be taken", async () =>
    {
        await Server.SendAsync(HttpMethod.Patch, $"api/v1/nodes/{ClusterAgent.Node}",
            $$"""{"metadata": {"labels": {"plugins.netagent.io/ipvs": {{value}}} } }""", "application/merge-patch+json");
        return true;
    });

    /// <summary>Waits for the agent to come to something; says how the agent is when it does not.</summary>
    internal async Task UntilAsync(string what, Func<bool> isSo)
    {
        try
        {
            await RealApiServer.UntilAsync(what, () => Task.FromResult(isSo()));
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}; {(Agent.IsRunning ? Agent.TakeDeath() ?? "the agent runs" : "no agent")}\n{Agent.Status()}", late);
        }
    }

    /// <summary>Waits until the kernel holds everything.</summary>
    internal void OpenKernel()
    {
        _kernel = new();
        Agent.Running.WaitUntil(() => Agent.Running.Log.Contains(" is in after ", StringComparison.Ordinal), TimeSpan.FromMinutes(5), "the first sync",
            progress: () => Agent.Running.Log.Length);
        Agent.Running.WaitUntil(() => Kernel.Everything().SequenceEqual(Everything()), TimeSpan.FromMinutes(5), "all real servers",
            progress: () => Kernel.Everything().Length);
    }

    /// <summary>Lets go of the module.</summary>
    internal void CloseKernel()
    {
        _kernel?.Dispose();
        _kernel = null;
    }

    internal static VirtualServerKey Key(int service) => new(IpProtocol.Tcp, InetAddress.Parse(ClusterIP(service)), 80);

    /// <summary>What the kernel must hold, in its view's spelling.</summary>
    internal string[] Everything() => [.. Enumerable.Range(0, Services)
        .SelectMany(i => Addresses(i, _generations[i]).Select(a => $"{Key(i)} -> {a}:8080 1")).Order(StringComparer.Ordinal)];

    /// <summary>The addresses of a Service now, sorted.</summary>
    internal string[] Addresses(int service) => [.. Addresses(service, _generations[service]).Order(StringComparer.Ordinal)];

    /// <summary>One of a Service's endpoints becomes another; returns with the API server's acknowledgement.</summary>
    internal async Task ChangeAsync(int service)
    {
        var generation = _generations[service] + 1;
        await Server.SendAsync(HttpMethod.Patch, $"{SlicesPath}/{Name(service)}-1", $$"""{ {{Endpoints(service, generation)}} }""", "application/merge-patch+json");
        _generations[service] = generation;
    }

    /// <summary>Endpoints as a kube-proxy of 1.20 reads them, in step with the slices.</summary>
    internal Task StoreEndpointsAsync() => Server.StoreAsync(Enumerable.Range(0, Services).Select(service => ($"services/endpoints/default/{Name(service)}", $$"""
        {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "{{Name(service)}}", "namespace": "default", "uid": "{{Guid.NewGuid()}}"},
         {{Subsets(service, _generations[service])}} }
        """)));

    /// <summary>As <see cref="ChangeAsync"/>, through Endpoints.</summary>
    internal async Task ChangeEndpointsAsync(int service)
    {
        var generation = _generations[service] + 1;
        await Server.SendAsync(HttpMethod.Patch, $"api/v1/namespaces/default/endpoints/{Name(service)}", $$"""{ {{Subsets(service, generation)}} }""", "application/merge-patch+json");
        _generations[service] = generation;
    }

    internal bool Serves(int service) => Kernel.Serving(Key(service)).SequenceEqual(Addresses(service));

    internal bool Holds(int service) => Kernel.Addresses(Key(service)).SequenceEqual(Addresses(service));

    private static string Name(int service) => $"s{service:0000}";

    private static string ClusterIP(int service) => string.Create(CultureInfo.InvariantCulture, $"10.96.{1 + (service / 250)}.{1 + (service % 250)}");

    // With each generation the window moves on by one address.
    private static IEnumerable<string> Addresses(int service, int generation) => Enumerable.Range(generation, EndpointsEach)
        .Select(n => string.Create(CultureInfo.InvariantCulture, $"10.{128 + (service / 250)}.{service % 250}.{1 + (n % 250)}"));

    private static IEnumerable<(string Key, string Json)> Objects(int service)
    {
        static string Metadata(string name) =>
            $"\"name\": \"{name}\", \"namespace\": \"default\", \"uid\": \"{Guid.NewGuid()}\", \"creationTimestamp\": \"2020-01-01T00:00:00Z\"";
        yield return ($"services/specs/default/{Name(service)}", $$"""
            {"apiVersion": "v1", "kind": "Service", "metadata": { {{Metadata(Name(service))}} }, "spec": {"type": "ClusterIP", "sessionAffinity": "None", "ipFamilies": ["IPv4"],
             "ipFamilyPolicy": "SingleStack", "clusterIP": "{{ClusterIP(service)}}", "clusterIPs": ["{{ClusterIP(service)}}"], "ports": [{"protocol": "TCP", "port": 80, "targetPort": 8080}]} }
            """);
        yield return ($"discovery.k8s.io/endpointslices/default/{Name(service)}-1", $$"""
            {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": { {{Metadata(Name(service) + "-1")}}, "generation": 1,
             "labels": {"kubernetes.io/service-name": "{{Name(service)}}"} }, "addressType": "IPv4", "ports": [{"name": "", "port": 8080, "protocol": "TCP"}], {{Endpoints(service, 0)}} }
            """);
    }

    private static string Subsets(int service, int generation) =>
        $$"""
        "subsets": [{"addresses": [{{string.Join(", ", Addresses(service, generation).Select(a => $$"""{"ip": "{{a}}", "nodeName": "node-2"}"""))}}], "ports": [{"port": 8080, "protocol": "TCP"}]}]
        """;

    private static string Endpoints(int service, int generation) =>
        $"\"endpoints\": [{string.Join(", ", Addresses(service, generation).Select(a => $$"""{"addresses": ["{{a}}"], "conditions": {"ready": true}, "nodeName": "node-2"}"""))}]";
}

[CollectionDefinition("Large cluster")]
public sealed class LargeClusterCollection : ICollectionFixture<LargeCluster>;
