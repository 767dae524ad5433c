using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;
using static NetAgent.EndToEnd.Tests.Network.ClusterNetwork;

namespace NetAgent.EndToEnd.Tests.Services;

/// <summary>An agent that starts over manifests of which it cannot read some: the node goes on serving what it served.</summary>
public sealed class UnreadTests : IDisposable
{
    private readonly ClusterNetwork? _network = new KernelFactAttribute().Skip is null ? new ClusterNetwork() : null;
    private NodeAgent? _agent;

    private ClusterNetwork Net => _network!;

    private NodeAgent Agent => _agent!;

    public void Dispose()
    {
        _agent?.Dispose();
        _network?.Dispose();
    }

    [KernelFact]
    public void A_tab_in_a_file_takes_nothing_off_the_node_and_the_exit_code_says_so()
    {
        Programmed();
        Break("web", text => text.Replace("    kubernetes.io", "\tkubernetes.io", StringComparison.Ordinal).Replace("addressType:", "\taddressType:", StringComparison.Ordinal));
        var before = Ipvs();

        var (code, output, _) = Command("plan");
        Assert.Equal(1, code);
        Assert.Matches("withheld +real servers +.*10.96.8.1:80", output);

        (code, _, var error) = Once();
        Assert.Equal(1, code);
        Assert.Contains($"{Agent.Manifests.Folder}/web.yaml", error, StringComparison.Ordinal);
        Assert.Equal(before, Ipvs());
        Assert.Equal(["pod-a", "pod-b", "pod-c"], Net.Outside.Names(3, "10.96.8.1").Order());

        Serve("web", "10.96.8.1", PodA, PodB);
        Assert.Equal(0, Once().Code);
        // What had connections leaves at weight 0.
        string[] gone = [.. before.Where(line => line.Contains($"10.96.8.1:80 -r {PodC}:", StringComparison.Ordinal))];
        Assert.Single(gone);
        Assert.Equal(before.Except(gone), Ipvs().Except(gone.Select(line => line.Replace("-w 1", "-w 0", StringComparison.Ordinal))));
    }

    [KernelFact]
    public void A_bad_clusterIP_keeps_the_virtual_server_and_a_bad_slice_its_real_servers_while_other_Services_are_followed()
    {
        Programmed();
        Break("web", text => text.Replace("10.96.8.1", "10.96.8", StringComparison.Ordinal));
        Break("db", text => text.Replace("addressType: IPv4", "addressType: IPv5", StringComparison.Ordinal));
        Agent.Manifests.Delete("gone");
        Serve("other", "10.96.8.4", PodC);
        Serve("new", "10.96.8.5", PodA);

        var (code, _, error) = Once();

        Assert.Equal(1, code);
        Assert.Contains("Service default/web: spec.clusterIP: '10.96.8': must be an IP address", error, StringComparison.Ordinal);
        Assert.Equal(["pod-a", "pod-b", "pod-c"], Net.Outside.Names(3, "10.96.8.1").Order());
        Assert.Equal(["pod-a", "pod-b"], Net.Outside.Names(2, "10.96.8.2").Order());
        Assert.Equal(["pod-c", "pod-c"], Net.Outside.Names(2, "10.96.8.4"));
        Assert.Equal(["pod-a"], Net.Outside.Names(1, "10.96.8.5"));
    }

    [KernelFact]
    public void A_load_balancer_that_cannot_be_read_keeps_its_source_ranges()
    {
        Programmed();
        Break("balanced", text => text.Replace("10.96.8.6", "10.96.8", StringComparison.Ordinal));
        var (chains, sets) = (Filter(), Sets());

        Assert.Equal(1, Once().Code);

        Assert.Equal(chains, Filter());
        Assert.Equal(sets, Sets());
    }

    [KernelFact]
    public void A_running_agent_says_what_it_withholds_and_lets_go_when_the_file_is_mended()
    {
        Programmed();
        Break("web", _ => "kind: [");
        Agent.Start();
        Agent.Eventually(() => Agent.Running.Log.Contains("RemovalsWithheld", StringComparison.Ordinal), "a notice");
        Assert.Equal(["pod-a", "pod-b", "pod-c"], Net.Outside.Names(3, "10.96.8.1").Order());
        var (code, output, _) = Net.Node1.Do(() => TestKit.Agent.Run("status", "--config", Agent.Configuration));
        Assert.Equal(1, code);
        Assert.Matches("DEGRADED\n.*1 could not be read, and nothing that may be theirs is removed: .*/web.yaml\n", output);

        Agent.Manifests.Delete("web");
        Agent.Eventually(() => !Ipvs().Any(line => line.Contains("10.96.8.1:", StringComparison.Ordinal)), "the virtual server to go");
        Agent.Eventually(() => Agent.Running.Log.Contains("over: agent RemovalsWithheld", StringComparison.Ordinal), "the notice to be over");
    }

    private void Programmed()
    {
        _agent = new NodeAgent(Net, "- name: ipvs\n  config: { clusterCIDR: \"10.244.0.0/16,fd00:10:244::/56\" }");
        Serve("web", "10.96.8.1", PodA, PodB, PodC);
        Serve("db", "10.96.8.2", PodA, PodB);
        Serve("gone", "10.96.8.3", PodA);
        Serve("other", "10.96.8.4", PodA, PodC);
        Agent.Manifests.Service("balanced", "10.96.8.6", Manifests.Port() + ", type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24]",
            [Manifests.Ready(PodA)], status: "{ ip: 192.0.2.200 }");
        Assert.Equal(0, Once().Code);
    }

    private void Serve(string name, string address, params string[] pods) =>
        Agent.Manifests.Service(name, address, Manifests.Port(), pods.Select(pod => Manifests.Ready(pod, pod == PodC ? "node-2" : "node-1")));

    private void Break(string name, Func<string, string> edit)
    {
        var text = File.ReadAllText(Path.Combine(Agent.Manifests.Folder, name + ".yaml"));
        Assert.NotEqual(text, edit(text));
        Agent.Manifests.Write(name, edit(text));
    }

    private (int Code, string Output, string Error) Once() => Command("run", "--once", "--within", "30s");

    private (int Code, string Output, string Error) Command(params string[] words) => Net.Node1.Do(() => TestKit.Agent.Run(
        [.. words, "--config", Agent.Configuration, "--manifests", Agent.Manifests.Folder, "--node-name", "node-1"]));

    private string[] Ipvs() => Net.Node1.Script("ipvsadm -Sn").Split('\n').Order(StringComparer.Ordinal).ToArray();

    private string Sets() => Net.Node1.Script("ipset save | sort");

    private string Filter() => Net.Node1.Script("iptables-save | grep -v '^[#:]' | sed 's/\\[[0-9:]*\\]//'");
}
