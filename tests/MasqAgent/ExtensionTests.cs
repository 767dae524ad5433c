using NetAgent.Contracts;

namespace NetAgent.MasqAgent.Tests;

/// <summary>What ip-masq-agent's users asked for and never got: forced ranges and sources.</summary>
public class ExtensionTests
{
    private const string Forced = "-m comment --comment \"netagent: masqueradeCIDRs are always subject to MASQUERADE\" -j MASQUERADE";
    private const string Outbound = "-m comment --comment \"ip-masq-agent: outbound traffic is subject to MASQUERADE (must be last in chain)\" -j MASQUERADE";

    [Fact]
    public void Forced_ranges_come_before_everything_left_alone()
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [10.0.0.0/8, \"fd00::/8\"]\nmasqueradeCIDRs: [10.9.0.0/16, \"fd00:9::/32\"]\n", "--enable-ipv6");

        Assert.Equal($"-d 10.9.0.0/16 {Forced} --random-fully", agent.Rules(IpFamily.IPv4)[0]);
        Assert.Equal(4, agent.Rules(IpFamily.IPv4).Count);
        Assert.Equal($"-d fd00:9::/32 {Forced} --random-fully", agent.Rules(IpFamily.IPv6)[0]);
        Assert.Empty(agent.Slice.Notices);
    }

    [Fact]
    public void A_range_left_alone_inside_a_forced_one_is_reported_as_overruled()
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [10.9.1.0/24, 10.0.0.0/8]\nmasqueradeCIDRs: [10.9.0.0/16]\n");

        var notice = Assert.Single(agent.Slice.Notices, n => n.Reason == "RangeOverruled");
        Assert.Contains("10.9.1.0/24 lies within 10.9.0.0/16", notice.Message);
    }

    [Fact]
    public void Forced_ranges_heed_the_ports()
    {
        var agent = Agent.With("nonMasqueradeCIDRs: []\nmasqueradeCIDRs: [10.9.0.0/16]\n", "--to-ports=2000-2999", "--random-fully=false");

        Assert.Equal([.. new[] { "-p tcp ", "-p udp ", "-p sctp ", "" }.Select(p => $"-d 10.9.0.0/16 {p}{Forced}{(p.Length > 0 ? " --to-ports 2000-2999" : "")}")], agent.Rules(IpFamily.IPv4).Take(4));
    }

    [Fact]
    public void Pod_cidrs_limit_what_is_masqueraded_by_source()
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [10.0.0.0/8]\nmasqueradeCIDRs: [10.9.0.0/16]\npodCIDRsOnly: true\n", "--enable-ipv6");
        agent.SetPodCidrs("10.244.1.0/24", "10.245.1.0/24", "fd00:1::/64");

        Assert.Equal(
            [
                $"-s 10.244.1.0/24 -d 10.9.0.0/16 {Forced} --random-fully",
                $"-s 10.245.1.0/24 -d 10.9.0.0/16 {Forced} --random-fully",
                "-d 169.254.0.0/16 -m comment --comment \"ip-masq-agent: local traffic is not subject to MASQUERADE\" -j RETURN",
                "-d 10.0.0.0/8 -m comment --comment \"ip-masq-agent: local traffic is not subject to MASQUERADE\" -j RETURN",
                $"-s 10.244.1.0/24 {Outbound} --random-fully",
                $"-s 10.245.1.0/24 {Outbound} --random-fully",
            ],
            agent.Rules(IpFamily.IPv4));
        Assert.Equal($"-s fd00:1::/64 {Outbound} --random-fully", agent.Rules(IpFamily.IPv6)[^1]);
    }

    [Fact]
    public void Until_the_node_is_known_nothing_is_written_and_its_last_pod_cidrs_outlast_it()
    {
        var agent = Agent.With("podCIDRsOnly: true");
        Assert.Empty(agent.Slice.Chains.Rows);
        Assert.Equal("NodeUnknown", Assert.Single(agent.Slice.Notices).Reason);

        agent.SetPodCidrs("10.244.1.0/24");
        Assert.Empty(agent.Slice.Notices);
        var rules = agent.Rules(IpFamily.IPv4);
        Assert.StartsWith("-s 10.244.1.0/24", rules[^1]);

        agent.Cluster = ClusterState.Empty;
        agent.Reconcile();
        Assert.Equal(rules, agent.Rules(IpFamily.IPv4));
    }

    [Fact]
    public void A_node_without_pod_cidrs_is_masqueraded_whatever_the_source_with_a_warning()
    {
        var agent = Agent.With("podCIDRsOnly: true");
        agent.SetPodCidrs();

        Assert.Equal(Agent.With(null).Save(IpFamily.IPv4), agent.Save(IpFamily.IPv4));
        Assert.Contains(agent.Slice.Notices, n => n is { Severity: Severity.Warning, Reason: "NoPodCIDRs" });
    }

    [Fact]
    public void A_family_without_pod_cidrs_masquerades_nothing()
    {
        var agent = Agent.With("podCIDRsOnly: true", "--enable-ipv6");
        agent.SetPodCidrs("10.244.1.0/24");

        Assert.DoesNotContain(agent.Rules(IpFamily.IPv6), r => r.Contains("-j MASQUERADE"));
        Assert.Contains(agent.Slice.Notices, n => n is { Severity: Severity.Information, Reason: "NoPodCIDRs" });
    }

    [Fact]
    public void Without_the_key_pod_cidrs_change_nothing()
    {
        var agent = Agent.With(null);
        var before = agent.Save(IpFamily.IPv4);

        agent.SetPodCidrs("10.244.1.0/24");

        Assert.Equal(before, agent.Save(IpFamily.IPv4));
    }
}
