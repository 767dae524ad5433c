using System.Net;
using System.Net.Sockets;
using NetAgent.Cluster.Api.Access;

namespace NetAgent.Cluster.Tests.Api;

/// <summary>An API server behind a ClusterIP that this agent has yet to program.</summary>
public sealed class ServiceAddressTests
{
    private static ApiServerOptions Options(string? service, bool isServed = false) =>
        new() { NodeName = "n", KubernetesService = service, IsServed = _ => isServed };

    [Theory]
    [InlineData("https://10.96.0.1/", "tcp://10.96.0.1:443", "10.96.0.1 is the ClusterIP of Service default/kubernetes, and this node's IPVS has no virtual server for it")]
    [InlineData("https://[fd00:10:96::1]:8443/", "tcp://[fd00:10:96::1]:8443", "[fd00:10:96::1]:8443 is the ClusterIP")]
    [InlineData("https://kubernetes.default.svc/", null, "kubernetes.default.svc is the name of a Service")]
    [InlineData("https://192.0.2.1:6443/", "tcp://10.96.0.1:443", null)]
    [InlineData("https://api.example/", "tcp://10.96.0.1:443", null)]
    [InlineData("https://10.96.0.1/", null, null)]
    [InlineData("https://10.96.0.1/", "rubbish", null)]
    public void A_ClusterIP_is_known_by_what_the_kubelet_tells_every_container(string server, string? service, string? start)
    {
        var why = ServiceAddress.WhyUnserved(new(server), Options(service));
        Assert.Equal(start is null, why is null);
        Assert.StartsWith(start ?? "", why ?? "", StringComparison.Ordinal);
        Assert.True(why is null || why.EndsWith("or as KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT in the agent's environment", StringComparison.Ordinal));
    }

    [Fact]
    public void One_that_the_kernel_serves_is_away_for_another_reason() =>
        Assert.Null(ServiceAddress.WhyUnserved(new("https://10.96.0.1/"), Options("tcp://10.96.0.1:443", isServed: true)));

    [Fact]
    public async Task An_agent_that_waits_for_what_only_it_would_program_says_so_at_once_and_is_in_as_soon_as_somebody_serves_it()
    {
        var served = new HashSet<IPEndPoint>();
        var port = FreePort();
        var kubeconfig = Path.GetTempFileName();
        await File.WriteAllTextAsync(kubeconfig, $$"""
            current-context: c
            contexts: [{name: c, context: {cluster: k} }]
            clusters: [{name: k, cluster: {server: "http://127.0.0.1:{{port}}"} }]
            """, TestContext.Current.CancellationToken);
        await using var source = new ApiServerSource(new()
        {
            NodeName = "n",
            Kubeconfig = kubeconfig,
            KubernetesService = $"tcp://127.0.0.1:{port}",
            IsServed = served.Contains,
            LongestBackoff = TimeSpan.FromMilliseconds(50),
        });
        File.Delete(kubeconfig);
        using var stop = new CancellationTokenSource();
        var run = source.RunAsync(stop.Token);
        await UntilAsync(() => source.Problems.Count > 0);
        var problem = Assert.Single(source.Problems);
        Assert.Equal(ProblemReason.ApiServerUnreachable, problem.Reason);
        Assert.Contains($"refused (127.0.0.1:{port}): 127.0.0.1:{port} is the ClusterIP of Service default/kubernetes", problem.Message, StringComparison.Ordinal);
        Assert.EndsWith("; what is programmed stays, changes wait until this is over", problem.Message, StringComparison.Ordinal);

        await using var server = await ScriptedServer.StartAsync(port);
        await UntilAsync(() => source.Store.IsComplete);
        Assert.Empty(source.Problems);
        await stop.CancelAsync();
        await run;
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (!isSo())
        {
            await Task.Delay(10, limit.Token);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
