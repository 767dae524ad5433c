using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;
using static NetAgent.EndToEnd.Tests.Network.ClusterNetwork;

namespace NetAgent.EndToEnd.Tests.Arp;

/// <summary>Each mode against real ARP: neighbours, links that come later, pods behind unnumbered veths, somebody else's hand, and the way back.</summary>
public sealed class ModeTests : IDisposable
{
    private const string Vip = "192.0.2.200", Gateway = "169.254.1.1", PodD = "10.244.1.20";
    private readonly ClusterNetwork? _network;
    private NodeAgent? _agent;

    public ModeTests()
    {
        if (new KernelFactAttribute().Skip is not null)
        {
            return;
        }
        _network = new ClusterNetwork();
        // As plugin ipvs would leave it.
        Net.Node1.Ip("link add kube-ipvs0 type dummy");
        Net.Node1.Ip($"addr add {Vip}/32 dev kube-ipvs0");
    }

    private ClusterNetwork Net => _network!;

    private Neighbour Outside => new(Net.Outside);

    public void Dispose()
    {
        _agent?.Dispose();
        _network?.Dispose();
    }

    [KernelTheory]
    [InlineData("all", false)]
    [InlineData("interfaces", false)]
    [InlineData("observe", true)]
    [InlineData("'off'", true)]
    public void A_mode_answers_as_it_says_and_cleanup_leaves_every_sysctl_as_it_was(string mode, bool isAnswered)
    {
        // A value that somebody set, and that mode all overrules: it must come back, too.
        Net.Node1.Script("echo 3 > /proc/sys/net/ipv4/conf/eth0/arp_ignore");
        Assert.True(Outside.IsAnswered(Vip));
        var before = Sysctls.Of(Net.Node1);

        Start(mode);
        Settled();
        Assert.Equal(isAnswered, Outside.IsAnswered(Vip));
        Assert.True(Outside.IsAnswered(NodeAddress));
        var changed = Sysctls.Between(before, Sysctls.Of(Net.Node1));
        Assert.Equal(isAnswered, changed.Length == 0);

        _agent!.Stop();
        _agent.Command("cleanup", "--config", _agent.Configuration);
        Assert.Equal("", Sysctls.Between(before, Sysctls.Of(Net.Node1)));
        Assert.True(Outside.IsAnswered(Vip));
    }

    [KernelFact]
    public void An_uplink_that_comes_later_is_covered_and_one_that_goes_is_forgotten()
    {
        Start("interfaces");
        Settled();
        using var other = new NetworkHost("other");
        Shell.Run("ip", "link", "add", "eth1", "netns", "node-1", "type", "veth", "peer", "name", "eth0", "netns", "other");
        other.Ip("addr add 172.31.0.2/24 dev eth0");
        other.Ip("link set eth0 up");
        Net.Node1.Ip("addr add 172.31.0.1/24 dev eth1");
        Net.Node1.Ip("link set eth1 up");
        _agent!.Eventually(() => StrictArpTests.Setting(Net, "eth1", "arp_ignore") == "1", "the new uplink is strict");
        var neighbour = new Neighbour(other);
        Assert.False(neighbour.IsAnswered(Vip));
        Assert.True(neighbour.IsAnswered("172.31.0.1"));

        Net.Node1.Ip("link del eth1");
        _agent.Eventually(() => !Metrics().Contains("interface=\"eth1\"", StringComparison.Ordinal), "no metric of it");
        // A link of that name that is no uplink any more is not written to.
        Net.Node1.Ip("link add eth1 type dummy");
        Net.Node1.Ip("link set eth1 up");
        LookedAgain();
        Assert.Equal("0", StrictArpTests.Setting(Net, "eth1", "arp_ignore"));
        Assert.DoesNotContain("eth1", Notices(), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_pod_behind_an_unnumbered_veth_keeps_its_gateway_with_interfaces_and_loses_it_with_all()
    {
        // kubernetes/kubernetes#71555: the gateway's address is on another link, and nobody set proxy_arp.
        using var pod = new NetworkHost("pod-d");
        Shell.Run("ip", "link", "add", "eth0", "netns", "pod-d", "type", "veth", "peer", "name", "pod-d", "netns", "node-1");
        Net.Node1.Ip("link add anchor type dummy");
        Net.Node1.Ip($"addr add {Gateway}/32 dev anchor");
        Net.Node1.Ip("link set anchor up");
        Net.Node1.Ip("link set pod-d up");
        Net.Node1.Ip($"route add {PodD}/32 dev pod-d");
        pod.Ip($"addr add {PodD}/32 dev eth0");
        pod.Ip("link set eth0 up");
        pod.Ip($"route add {Gateway}/32 dev eth0");
        pod.Ip($"route add default via {Gateway}");
        Net.Node1.Script("echo 1 > /proc/sys/net/ipv4/ip_forward");
        Net.Outside.Serve();

        Start("interfaces");
        Settled();
        Assert.False(Outside.IsAnswered(Vip));
        Assert.True(new Neighbour(pod).IsAnswered(Gateway));
        Assert.Equal($"outside {PodD}", string.Join(' ', pod.Tcp(OutsideAddress, 8080).Split(' ')[..2]));

        Configure("all");
        _agent!.Eventually(() => StrictArpTests.Setting(Net, "all", "arp_ignore") == "1", "mode all");
        Assert.False(new Neighbour(pod).IsAnswered(Gateway));
        _agent.Eventually(() => _agent.Running.Log.Contains("ArpUnnumberedLinks", StringComparison.Ordinal)
            && Notices().Contains("pod-d", StringComparison.Ordinal), "the notice names the link");

        // And back: everything works again without a restart of anything.
        Configure("interfaces");
        _agent.Eventually(() => StrictArpTests.Setting(Net, "all", "arp_ignore") == "0", "conf/all as before");
        Assert.True(new Neighbour(pod).IsAnswered(Gateway));
        Assert.False(Outside.IsAnswered(Vip));
    }

    [KernelFact]
    public void Somebody_elses_value_is_put_right_and_a_rival_is_named_and_left_alone()
    {
        Start("interfaces", "rivals: {changes: 4, window: 10m, backOff: 1h}");
        Settled();
        foreach (var value in new[] { "0", "3" })
        {
            Write(value);
            _agent!.Eventually(() => StrictArpTests.Setting(Net, "eth0", "arp_ignore") == "1", $"{value} is put right");
            Assert.False(Outside.IsAnswered(Vip));
        }
        // From here on somebody writes as soon as we have.
        _agent!.Eventually(
            () =>
            {
                if (StrictArpTests.Setting(Net, "eth0", "arp_ignore") == "1")
                {
                    Write("0");
                }
                return _agent.Running.Log.Contains("SysctlRival", StringComparison.Ordinal);
            },
            "the rival is named");
        Assert.Matches("net/ipv4/conf/eth0/arp_ignore: wanted 1, and somebody else set it to 0 at [0-9:]{8} UTC, 3 at .* left alone until", Notices());
        LookedAgain();
        Assert.Equal("0", StrictArpTests.Setting(Net, "eth0", "arp_ignore"));
        Assert.True(Outside.IsAnswered(Vip));
        Assert.Contains("ArpAnswersForServices", Notices(), StringComparison.Ordinal);

        void Write(string value) => Net.Node1.Script($"echo {value} > /proc/sys/net/ipv4/conf/eth0/arp_ignore");
    }

    private void Start(string mode, string more = "")
    {
        _agent = new NodeAgent(Net, "[]");
        Configure(mode, more);
        _agent.Start();
    }

    private void Configure(string mode, string more = "") => _agent!.Configure($"""
        - name: metallb-arp
          config:
            mode: {mode}
            {more}
        verifyPeriod: 2s
        """);

    private void Settled() => _agent!.Eventually(() => _agent.Running.Log.Contains(" is in after ", StringComparison.Ordinal), "first sync");

    // What is put right tells that the agent has looked; once more, since the first look may have begun before.
    private void LookedAgain()
    {
        for (var i = 0; i < 2; i++)
        {
            Net.Node1.Script("echo 1 > /proc/sys/net/ipv4/conf/eth0/arp_announce");
            _agent!.Eventually(() => StrictArpTests.Setting(Net, "eth0", "arp_announce") == "2", "another value is put right");
        }
    }

    // Whatever the exit code: a rival or an exposed address is "degraded".
    private string Notices() => Net.Node1.Do(() => Agent.Run("status", "-o", "json", "--config", _agent!.Configuration)).Output;

    private string Metrics() => Net.Node1.Script("curl -s -m 3 http://127.0.0.1:10249/metrics");
}
