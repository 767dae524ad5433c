using NetAgent.TestKit;
using NetAgent.TestKit.Api;

namespace NetAgent.EndToEnd.Tests.ApiKernel;

/// <summary>What an operator must see arrives at the API server, with the rights of deploy/.</summary>
[Collection("Large cluster"), Trait("Category", "ApiKernel")]
public sealed class EventTests(LargeCluster cluster)
{
    [KernelFact]
    public async Task The_start_a_conflict_a_refused_configuration_and_a_plugin_that_does_not_run_are_events_on_the_Node()
    {
        await cluster.SettleAsync();
        var before = cluster.Kernel.Servers();
        await ArrivesAsync("Starting", "netagent");

        // Two Services that want one virtual server.
        await CreateServiceAsync("claims-first");
        await CreateServiceAsync("claims-second");
        await ArrivesAsync("Conflict", "203.0.113.7");

        cluster.Agent.Configure(more: "minSyncPeriod: soon");
        await ArrivesAsync("ConfigurationRefused", "minSyncPeriod");

        cluster.Agent.Configure(plugins: """
            - {name: ipvs, config: {clusterCIDR: 10.244.0.0/16}}
            - {name: not-there, required: false}
            """);
        await ArrivesAsync("", "not-there");

        cluster.Agent.Configure();
        await cluster.Server.SendAsync(HttpMethod.Delete, "api/v1/namespaces/default/services/claims-first", null);
        await cluster.Server.SendAsync(HttpMethod.Delete, "api/v1/namespaces/default/services/claims-second", null);
        // Other tests look at the same kernel.
        cluster.Agent.Running.WaitUntil(() => cluster.Kernel.Servers().SetEquals(before), TimeSpan.FromMinutes(1), "the two Services are gone");
    }

    [KernelFact]
    public async Task A_kernel_without_IPVS_is_an_event_on_the_Node_and_is_programmed_once_it_has_IPVS()
    {
        if (Environment.GetEnvironmentVariable("NETAGENT_LAB") != "uml")
        {
            Assert.Skip("takes the module ip_vs away, which only a kernel of its own allows: run through tests/Lab/lab --uml");
        }
        await cluster.SettleAsync();
        var loader = (await File.ReadAllTextAsync("/proc/sys/kernel/modprobe", TestContext.Current.CancellationToken)).Trim();
        cluster.Agent.Stop();
        cluster.Agent.CleanUp();
        cluster.CloseKernel();
        var away = TimeProvider.System.GetUtcNow();
        try
        {
            // Else kernel and agent would each load the module again, as they should.
            File.Move(loader, loader + ".away");
            // A virtual server lets its modules go only once nobody can still be reading it.
            await RealApiServer.UntilAsync("the module ip_vs to be free", () => Task.FromResult(TryUnload()));
            cluster.Agent.Start();
            await ArrivesAsync("KernelCapabilityMissing", "ip_vs", since: away);
            Assert.False(cluster.Agent.Running.HasExited);
        }
        finally
        {
            File.Move(loader + ".away", loader);
            Shell.Run(loader, "ip_vs");
        }
        cluster.OpenKernel();
    }

    private static bool TryUnload()
    {
        foreach (var module in Shell.Script("lsmod").Split('\n').Select(line => line.Split(' ')[0]).Where(m => m == "xt_ipvs" || m.StartsWith("ip_vs", StringComparison.Ordinal)).OrderBy(m => m == "ip_vs"))
        {
            Shell.TryRun("rmmod", module);
        }
        return !Directory.Exists("/sys/module/ip_vs");
    }

    [KernelFact]
    public async Task A_label_on_the_Node_gates_the_plugin_live_and_no_condition_is_written()
    {
        await cluster.SettleAsync();
        await cluster.LabelAsync("\"observe\"");
        await cluster.UntilAsync("observing", () => cluster.Agent.Status().Contains("observe", StringComparison.Ordinal));
        await cluster.LabelAsync("null");
        await cluster.UntilAsync("enforcing again", () => !cluster.Agent.Status().Contains("observe", StringComparison.Ordinal));
        Assert.False(cluster.Agent.Running.HasExited);
        Assert.DoesNotContain("\"conditions\":", await cluster.Server.GetAsync($"api/v1/nodes/{ClusterAgent.Node}"), StringComparison.Ordinal);
    }

    private Task CreateServiceAsync(string name) => cluster.Server.SendAsync(HttpMethod.Post, "api/v1/namespaces/default/services", $$"""
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "{{name}}"}, "spec": {"externalIPs": ["203.0.113.7"], "ports": [{"port": 80}]} }
        """);

    private Task ArrivesAsync(string reason, string text, DateTimeOffset since = default) => RealApiServer.UntilAsync($"an event {reason} that says {text}; the agent's log:\n{cluster.Agent.Running.Log}", async () =>
    {
        using var events = System.Text.Json.JsonDocument.Parse(await cluster.Server.GetAsync("apis/events.k8s.io/v1/events"));
        return events.RootElement.GetProperty("items").EnumerateArray().Any(e =>
            // The server's own, about Services that it finds in etcd, are of the old kind and have none.
            e.TryGetProperty("reportingController", out var controller) && controller.GetString() == "netagent"
            // kubectl describe node looks for the uid, which is the Node's name here, as kubelet and kube-proxy have it.
            && e.GetProperty("regarding").GetProperty("uid").GetString() == ClusterAgent.Node
            && e.GetProperty("eventTime").GetDateTimeOffset() >= since
            && e.GetProperty("reason").GetString()!.Contains(reason, StringComparison.Ordinal)
            && e.GetProperty("note").GetString()!.Contains(text, StringComparison.Ordinal));
    });
}
