using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;
using NetAgent.Traffic;
using static NetAgent.EndToEnd.Tests.Network.ClusterNetwork;

namespace NetAgent.EndToEnd.Tests.Masquerade;

/// <summary>Whose address a host outside sees, for real connections of a pod.</summary>
public sealed class MasqueradeTests : IDisposable
{
    private const string Plugin = "- name: masq-agent\n  configFile: config";
    private const string LinkLocal = "169.254.77.7", Global6 = "2001:db8:99::1", Private = "172.16.5.5";
    private readonly ClusterNetwork? _network;
    private NodeAgent? _agent;

    public MasqueradeTests()
    {
        if (new KernelFactAttribute().Skip is not null)
        {
            return;
        }
        _network = new ClusterNetwork();
        foreach (var address in new[] { LinkLocal, Private })
        {
            Net.Outside.Ip($"addr add {address}/32 dev eth0");
            Net.Node1.Ip($"route add {address}/32 via {OutsideAddress}");
        }
        Net.Outside.Ip($"-6 addr add {Global6}/128 dev eth0 nodad");
        Net.Node1.Ip($"-6 route add {Global6}/128 via {OutsideAddress6}");
        // Nothing else switches forwarding on when plugin ipvs is not there.
        Net.Node1.Script("echo 1 > /proc/sys/net/ipv4/ip_forward");
        Net.Outside.Serve();
    }

    private ClusterNetwork Net => _network!;

    public void Dispose()
    {
        _agent?.Dispose();
        _network?.Dispose();
    }

    private NodeAgent Start(string? config, string args = "")
    {
        _agent = new NodeAgent(Net, Plugin + (args.Length == 0 ? "" : $"\n  args: [{args}]"));
        if (config is not null)
        {
            _agent.WriteFile("config", config);
        }
        _agent.Start();
        Eventually("-j IP-MASQ-AGENT");
        if (args.Contains("--enable-ipv6", StringComparison.Ordinal))
        {
            Eventually("-j IP-MASQ-AGENT", "ip6tables-save");
        }
        return _agent;
    }

    private void Eventually(string rule, string tool = "iptables-save") => _agent!.Eventually(
        () => Net.Node1.Script($"{tool} -t nat").Contains(rule, StringComparison.Ordinal), $"{tool}: {rule}");

    private string SourceAt(string address) => Net.A.Tcp(address, 8080).Split(' ')[1];

    [KernelFact]
    public void By_default_only_private_and_link_local_destinations_see_the_pod()
    {
        Start(config: null);
        Assert.Equal(NodeAddress, SourceAt(OutsideAddress));
        Assert.Equal(PodA, SourceAt(PodC));
        Assert.Equal(PodA, SourceAt(Private));
        Assert.Equal(PodA, SourceAt(LinkLocal));
    }

    [KernelFact]
    public void Ranges_of_the_file_replace_the_defaults_and_masqLinkLocal_masquerades()
    {
        Start("nonMasqueradeCIDRs: [192.0.2.0/24]\nmasqLinkLocal: true\nresyncInterval: 5s\n");
        Assert.Equal(PodA, SourceAt(OutsideAddress));
        Assert.Equal(NodeAddress, SourceAt(Private));
        Assert.Equal(NodeAddress, SourceAt(LinkLocal));
    }

    [KernelFact]
    public void IPv6_is_masqueraded_when_enabled()
    {
        Start("nonMasqueradeCIDRs: [\"fd00::/8\", 10.0.0.0/8]\n", "--enable-ipv6");
        Assert.Equal(NodeAddress6, SourceAt(Global6));
        Assert.Equal(PodA6, SourceAt(PodC6));
        Assert.Equal(PodA6, SourceAt(OutsideAddress6));
    }

    [KernelFact]
    public void To_ports_bounds_the_source_ports()
    {
        Start(config: null, "--to-ports=20000-20099");
        var ports = Enumerable.Range(0, 20).Select(_ => int.Parse(Net.A.Tcp(OutsideAddress, 8080).Split(' ')[2]));
        Assert.All(ports, port => Assert.InRange(port, 20000, 20099));
    }

    [KernelFact]
    public void A_changed_file_is_taken_up_and_long_connections_survive_it()
    {
        var agent = Start("nonMasqueradeCIDRs: [10.0.0.0/8]\n");
        using var open = Net.A.Connect(OutsideAddress, 8080);
        Assert.Equal(NodeAddress, Client.ReadLine(open).Split(' ')[1]);
        agent.WriteFile("config", "nonMasqueradeCIDRs: [10.0.0.0/8, 192.0.2.0/24]\n");
        Eventually("-d 192.0.2.0/24");
        Assert.Equal("still masqueraded", Client.Echo(open, "still masqueraded"));
        Assert.Equal(PodA, SourceAt(OutsideAddress));
    }

    [KernelFact]
    public void A_bad_file_changes_nothing_and_drift_is_still_repaired()
    {
        var agent = Start("nonMasqueradeCIDRs: [192.0.2.0/24]\nresyncInterval: 1s\n");
        Eventually("-d 192.0.2.0/24");
        agent.WriteFile("config", "nonMasqueradeCIDRs: [192.0.2.1/24]\n");
        agent.Eventually(() => agent.Running.Log.Contains("192.0.2.0/24", StringComparison.Ordinal), "the message names the corrected value");
        Assert.Equal(PodA, SourceAt(OutsideAddress));
        Net.Node1.Script("iptables -t nat -F IP-MASQ-AGENT");
        Eventually("-d 192.0.2.0/24");
        Assert.Equal(PodA, SourceAt(OutsideAddress));
    }

    [KernelFact]
    public void A_fresh_node_with_a_bad_file_gets_the_defaults_and_says_so_loudly()
    {
        var agent = Start("nonMasqueradeCIDRs: [192.0.2.1/24]\n");
        Eventually("-d 172.16.0.0/12");
        Assert.Equal(NodeAddress, SourceAt(OutsideAddress));
        Assert.Equal(PodA, SourceAt(Private));
        agent.Eventually(() => agent.Running.Log.Contains("DefaultsInForce", StringComparison.Ordinal), "it says so");
        Assert.Contains("ERR masq-agent DefaultsInForce", agent.Running.Log, StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_range_of_masqueradeCIDRs_is_masqueraded_inside_one_that_is_not()
    {
        Start($"nonMasqueradeCIDRs: [172.16.0.0/12, 192.0.2.0/24]\nmasqueradeCIDRs: [{Private}/32]\n");
        Eventually($"-d {Private}/32");
        Assert.Equal(NodeAddress, SourceAt(Private));
        Assert.Equal(PodA, SourceAt(OutsideAddress));
    }

    [KernelFact]
    public void Another_chain_name_and_IPv6_switched_off_leave_nothing_of_the_old_ones()
    {
        var agent = Start("nonMasqueradeCIDRs: [10.0.0.0/8]\n", "--enable-ipv6");
        agent.Configure(Plugin + "\n  args: [--masq-chain=EGRESS]");
        agent.Eventually(() => !(Net.Node1.Script("iptables-save -t nat") + Net.Node1.Script("ip6tables-save -t nat"))
            .Contains("IP-MASQ-AGENT", StringComparison.Ordinal), "the old chains are gone");
        Eventually("-j EGRESS");
        Assert.DoesNotContain("EGRESS", Net.Node1.Script("ip6tables-save -t nat"), StringComparison.Ordinal);
        Assert.Equal(NodeAddress, SourceAt(OutsideAddress));
    }

    [KernelFact]
    public void A_rule_of_the_CNI_that_masquerades_what_ours_leaves_alone_is_named()
    {
        Net.Node1.Script($"iptables -t nat -A POSTROUTING -s 10.244.1.0/24 ! -d 10.244.0.0/16 -j MASQUERADE");
        var agent = Start("nonMasqueradeCIDRs: [10.0.0.0/8, 192.0.2.0/24]\n");
        agent.Eventually(() => agent.Running.Log.Contains("CompetingMasquerade", StringComparison.Ordinal), "it is named");
        var status = agent.Command("status", "-o", "json", "--config", agent.Configuration);
        Assert.Contains("CompetingMasquerade", status, StringComparison.Ordinal);
        Assert.Contains("-s 10.244.1.0/24 ! -d 10.244.0.0/16", status, StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_restart_writes_nothing()
    {
        var agent = Start(config: null);
        agent.Eventually(() => agent.Running.Log.Contains(" is in after ", StringComparison.Ordinal), "first sync");
        agent.Kill();
        agent.Start();
        agent.Eventually(() => agent.Running.Log.Contains(" is in after ", StringComparison.Ordinal), "first sync");
        Assert.Contains(", 0 added, 0 replaced, 0 removed, 0 refused", agent.Running.Log, StringComparison.Ordinal);
    }

    [KernelFact]
    public void An_old_jump_with_another_comment_is_replaced_and_not_doubled()
    {
        Net.Node1.Script("""
            iptables -t nat -N IP-MASQ-AGENT
            iptables -t nat -A POSTROUTING -m comment --comment '"ip-masq-agent: ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom IP-MASQ-AGENT chain"' -m addrtype ! --dst-type LOCAL -j IP-MASQ-AGENT
            """);
        Start(config: null);
        _agent!.Eventually(() => Jumps() is [var jump] && jump.Contains("--comment \"ip-masq-agent: ensure", StringComparison.Ordinal), "one jump, the new one");
        Assert.Equal(NodeAddress, SourceAt(OutsideAddress));
    }

    [KernelFact]
    public void Explain_says_which_rule_decides()
    {
        var agent = Start("nonMasqueradeCIDRs: [10.0.0.0/8]\n");
        Assert.Contains("10.0.0.0/8", agent.Command(Explain(PodC)), StringComparison.Ordinal);
        Assert.Contains("masquerade", agent.Command(Explain(OutsideAddress)), StringComparison.OrdinalIgnoreCase);

        string[] Explain(string to) => ["explain", "masquerade", "--from", PodA, "--to", to, "--config", agent.Configuration,
            "--manifests", agent.Manifests.Folder, "--node-name", "node-1"];
    }

    private string[] Jumps() => [.. Net.Node1.Script("iptables-save -t nat").Split('\n')
        .Where(line => line.StartsWith("-A POSTROUTING", StringComparison.Ordinal) && line.EndsWith("-j IP-MASQ-AGENT", StringComparison.Ordinal))];
}
