using System.Diagnostics;
using System.Globalization;
using NetAgent.TestKit;
using NetAgent.TestKit.Api;

namespace NetAgent.EndToEnd.Tests.ApiKernel;

/// <summary>The agent and kube-proxy's IPVS mode, one after the other, on the same kernel and API server. Run by tests/Performance/run.</summary>
[Collection("Large cluster"), Trait("Category", "Benchmark")]
public sealed class PeerBenchmark(LargeCluster cluster)
{
    [KernelFact(Explicit = true)]
    public async Task The_same_cluster_and_the_same_changes_by_the_agent_and_by_kube_proxy()
    {
        cluster.Agent.Stop();
        cluster.Agent.CleanUp();
        var output = TestContext.Current.TestOutputHelper!;
        output.WriteLine($"{LargeCluster.Services} Services with {LargeCluster.EndpointsEach} endpoints each");

        var watch = Stopwatch.StartNew();
        cluster.Agent.Start();
        await FilledAsync();
        using (var agent = Process.GetProcessById(cluster.Agent.Running.Id))
        {
            output.WriteLine(await MeasureAsync("netagent", agent, watch.Elapsed, cluster.ChangeAsync, 100));
        }
        cluster.Agent.Stop();
        cluster.Agent.CleanUp();
        Assert.Empty(cluster.Kernel.Everything());

        await cluster.StoreEndpointsAsync();
        watch.Restart();
        using var proxy = StartKubeProxy();
        try
        {
            await FilledAsync();
            output.WriteLine(await MeasureAsync("kube-proxy 1.20", proxy, watch.Elapsed, cluster.ChangeEndpointsAsync, 30));
        }
        finally
        {
            proxy.Kill();
            await proxy.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private Task FilledAsync() => RealApiServer.UntilAsync(
        "the kernel to hold everything", () => Task.FromResult(cluster.Kernel.Everything().Length >= LargeCluster.Services * LargeCluster.EndpointsEach), seconds: 600);

    private async Task<string> MeasureAsync(string who, Process process, TimeSpan fill, Func<int, Task> changeAsync, int changes)
    {
        // The start's own work is not the changes'.
        await Task.Delay(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        process.Refresh();
        var used = process.TotalProcessorTime;
        List<double> times = [];
        for (var i = 0; i < changes; i++)
        {
            var service = i * 2 * 37 % LargeCluster.Services;
            await Task.Delay(Random.Shared.Next(20, 120), TestContext.Current.CancellationToken);
            await changeAsync(service);
            var acknowledged = Stopwatch.GetTimestamp();
            while (!cluster.Serves(service))
            {
                Assert.True(Stopwatch.GetElapsedTime(acknowledged) < TimeSpan.FromMinutes(2), $"{who}: change {i} is not in the kernel after 2 minutes");
                Thread.Sleep(1);
            }
            times.Add(Stopwatch.GetElapsedTime(acknowledged).TotalMilliseconds);
        }
        process.Refresh();
        var sorted = times.Order().ToArray();
        return string.Create(CultureInfo.InvariantCulture, $"{who,-16} everything in the kernel {fill.TotalSeconds,6:0.0} s after its start; one change, from its acknowledgement: "
            + $"p50 {sorted[sorted.Length / 2]:0.0} ms, p99 {sorted[sorted.Length * 99 / 100]:0.0} ms, {(process.TotalProcessorTime - used).TotalMilliseconds / changes:0.0} ms of processor; "
            + $"{process.WorkingSet64 >> 20} MB resident");
    }

    private Process StartKubeProxy()
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = cluster.Server.Folder };
        start.Environment["GODEBUG"] = "asyncpreemptoff=1";
        string[] arguments = ["-c", "exec \"$0\" \"$@\" >>kube-proxy.log 2>&1", cluster.Server.ProgramPath("kube-proxy"), "--kubeconfig", cluster.Server.AdminKubeconfig, "--proxy-mode", "ipvs",
            "--hostname-override", ClusterAgent.Node, "--cluster-cidr", "10.244.0.0/16", "--feature-gates", "EndpointSliceProxying=false"];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        return Process.Start(start) ?? throw new InvalidOperationException("kube-proxy did not start");
    }
}
