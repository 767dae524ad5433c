using System.Collections.Immutable;
using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent;

namespace NetAgent.MasqAgent.Tests;

/// <summary>netagent explain masquerade: which rule decides, and what the source will be.</summary>
public class ExplainTests
{
    private const string Jump = "-A POSTROUTING -m comment --comment \"ip-masq-agent: ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom IP-MASQ-AGENT chain\" -m addrtype ! --dst-type LOCAL -j IP-MASQ-AGENT";
    private const string LocalRule = "-m comment --comment \"ip-masq-agent: local traffic is not subject to MASQUERADE\" -j RETURN";

    private static Agent On(string? file, params string[] arguments)
    {
        var agent = Agent.With(file, arguments);
        agent.SetPodCidrs("10.244.1.0/24", "fd00:1::/64");
        agent.SetNat(IpFamily.IPv4, Jump);
        agent.SetNat(IpFamily.IPv6, Jump);
        agent.Facts = agent.Facts with
        {
            Links = [Link(1, "lo", "127.0.0.1/8", "::1/128"), Link(2, "eth0", "192.0.2.11/24", "fd00:192:2::11/64"), Link(3, "kube-ipvs0", "10.96.0.10/32")],
        };
        agent.Cluster = agent.Cluster with
        {
            Services = ImmutableDictionary<NamespacedName, ServiceEndpoints>.Empty.Add(new("kube-system", "dns"),
                new(new Service { Name = new("kube-system", "dns"), ClusterIPs = [InetAddress.Parse("10.96.0.10"), InetAddress.Parse("10.96.0.11")] }, [])),
        };
        agent.Reconcile();
        return agent;
    }

    private static LinkFacts Link(int index, string name, params string[] addresses) =>
        new()
        {
            Index = index,
            Name = name,
            Kind = "",
            IsUp = true,
            IsLoopback = index == 1,
            Addresses = addresses.Select(a => InetPrefix.Parse(a)).ToEquatableArray(),
            HasRoutes = true,
        };

    private static Explanation Ask(Agent agent, string from, string to, IpProtocol protocol = IpProtocol.None, ushort port = 0) => agent.Plugin.Explain(
        new() { Source = InetAddress.Parse(from), Destination = InetAddress.Parse(to), Protocol = protocol, DestinationPort = port }, agent.Input);

    [Fact]
    public void The_topic_is_masquerade() => Assert.Equal("masquerade", new MasqAgentPlugin().Topic);

    [Theory]
    [InlineData("8.8.8.8", "masqueraded, destination in no non-masquerade range: the source becomes the address of the outgoing interface (on a node with one uplink its 192.0.2.11)", "(must be last in chain)\" -j MASQUERADE --random-fully")]
    [InlineData("10.244.7.7", "not masqueraded, destination in configured range 10.244.0.0/16 (/etc/config/ip-masq-agent:3, nonMasqueradeCIDRs[1]): the source stays 10.244.1.5", "-A IP-MASQ-AGENT -d 10.244.0.0/16 " + LocalRule)]
    [InlineData("169.254.169.254", "not masqueraded, destination is link-local (169.254.0.0/16; masqLinkLocal is false): the source stays 10.244.1.5", "-A IP-MASQ-AGENT -d 169.254.0.0/16 " + LocalRule)]
    [InlineData("192.0.2.11", "not masqueraded, same node: 192.0.2.11 is an address of this node, and only traffic to non-LOCAL destinations enters IP-MASQ-AGENT: the source stays 10.244.1.5", null)]
    [InlineData("127.0.0.9", "not masqueraded, same node: 127.0.0.9 is an address", null)]
    [InlineData("10.96.0.10", "not masqueraded, same node: 10.96.0.10 is an address", null)]
    [InlineData("172.20.1.1", "masqueraded, destination in forced range 172.20.0.0/16 (/etc/config/ip-masq-agent:4, masqueradeCIDRs[0])", "-A IP-MASQ-AGENT -d 172.20.0.0/16 -m comment")]
    [InlineData("fd00::1", "no such packet: source and destination must be addresses of one family", null)]
    public void Destinations_are_explained(string to, string verdict, string? rule)
    {
        var agent = On("nonMasqueradeCIDRs:\n- 172.16.0.0/12\n- 10.244.0.0/16\nmasqueradeCIDRs: [172.20.0.0/16]\n");

        var explanation = Ask(agent, "10.244.1.5", to);

        Assert.StartsWith(verdict, explanation.Verdict);
        Assert.Equal(rule is null, explanation.Rule is null);
        Assert.Contains(rule ?? "", explanation.Rule ?? "");
    }

    [Fact]
    public void The_source_is_what_the_kernel_would_choose_for_that_way()
    {
        var agent = On(null);
        agent.Facts = agent.Facts with
        {
            Route = new()
            {
                Link = "eth1",
                Gateway = InetAddress.Parse("198.51.100.1"),
                MasqueradeSource = InetAddress.Parse("198.51.100.11"),
            }
        };
        Assert.Equal("masqueraded, destination in no non-masquerade range: the source becomes 198.51.100.11, the address of eth1, by which the kernel sends it (via 198.51.100.1)",
            Ask(agent, "10.244.1.5", "8.8.8.8").Verdict);

        agent.Facts = agent.Facts with { Route = new() { Link = "wg0" } };
        Assert.EndsWith("the packet leaves by wg0, which has no IPv4 address to give it: MASQUERADE drops it", Ask(agent, "10.244.1.5", "8.8.8.8").Verdict);

        agent.Facts = agent.Facts with { Route = new() { Link = "", Problem = "RTM_GETROUTE: Network is unreachable" } };
        Assert.Contains(Ask(agent, "10.244.1.5", "8.8.8.8").Details, d => d.EndsWith("leaves by no interface: RTM_GETROUTE: Network is unreachable"));
    }

    [Fact]
    public void A_rule_in_the_other_back_end_decides_about_what_our_chain_leaves_alone()
    {
        var agent = On(null);
        agent.SetOtherNat(IpFamily.IPv4, "nft", "-A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE");

        Assert.StartsWith("masqueraded by a competing rule of an unknown owner in iptables-nft, the other back end: the source becomes", Ask(agent, "10.244.1.5", "10.9.9.9").Verdict);
        Assert.StartsWith("masqueraded, destination in no non-masquerade range", Ask(agent, "10.244.1.5", "8.8.8.8").Verdict);
    }

    [Fact]
    public void Default_ranges_are_named_as_such() =>
        Assert.StartsWith("not masqueraded, destination in default range 192.168.0.0/16", Ask(On(null), "10.244.1.5", "192.168.1.1").Verdict);

    [Fact]
    public void IPv6_disabled_is_a_reason_and_enabled_is_not()
    {
        var disabled = Ask(On(null), "fd00:1::5", "2001:db8::1");
        Assert.StartsWith("not masqueraded, IPv6 is disabled (no --enable-ipv6)", disabled.Verdict);
        Assert.Null(disabled.Rule);

        var enabled = On(null, "--enable-ipv6");
        Assert.StartsWith("masqueraded, destination in no non-masquerade range", Ask(enabled, "fd00:1::5", "2001:db8::1").Verdict);
        Assert.Contains("its fd00:192:2::11", Ask(enabled, "fd00:1::5", "2001:db8::1").Verdict);
        Assert.Contains("destination is link-local (fe80::/10; masqLinkLocalIPv6 is false)", Ask(enabled, "fd00:1::5", "fe80::7").Verdict);
    }

    [Fact]
    public void A_source_outside_the_pod_cidrs_is_a_reason()
    {
        var agent = On("podCIDRsOnly: true");

        Assert.StartsWith("not masqueraded, source 203.0.113.9 is in no pod CIDR of this node (podCIDRsOnly)", Ask(agent, "203.0.113.9", "8.8.8.8").Verdict);
        Assert.StartsWith("masqueraded", Ask(agent, "10.244.1.5", "8.8.8.8").Verdict);
        Assert.StartsWith("not known yet", Ask(Agent.With("podCIDRsOnly: true"), "10.244.1.5", "8.8.8.8").Verdict);
    }

    [Fact]
    public void Ports_are_told()
    {
        var explanation = Ask(On(null, "--to-ports=2000-2999,4000"), "10.244.1.5", "8.8.8.8");

        Assert.Contains("-p tcp", explanation.Rule);
        Assert.Contains(explanation.Details, d => d.Contains("a source port of 2000-2999, 4000 (--to-ports)"));
        Assert.Contains(explanation.Details, d => d.StartsWith("other protocols: -A IP-MASQ-AGENT -m comment"));
    }

    [Theory]
    [InlineData("10.96.0.10")]
    [InlineData("10.96.0.11")]
    public void A_service_address_is_told_apart(string to) =>
        Assert.Contains(Ask(On(null), "10.244.1.5", to).Details, d => d.Contains("is a Service address"));

    [Fact]
    public void Host_network_sources_and_pods_of_the_same_node_are_pointed_out()
    {
        Assert.Contains(Ask(On(null), "192.0.2.11", "8.8.8.8").Details, d => d.Contains("is this node's own address: a host-network pod"));
        Assert.Contains(Ask(On(null), "10.244.1.5", "10.244.1.6").Details, d => d.Contains("same node, yet not LOCAL"));
    }

    [Fact]
    public void A_competing_rule_after_ours_takes_what_ours_leaves_alone()
    {
        const string Rule = "-A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE";
        var agent = On(null);
        agent.SetNat(IpFamily.IPv4, Jump + "\n" + Rule);

        var taken = Ask(agent, "10.244.1.5", "10.9.9.9");
        Assert.StartsWith("masqueraded by a competing rule of an unknown owner, after IP-MASQ-AGENT: the source becomes the address of the outgoing interface", taken.Verdict);
        Assert.Equal(Rule, taken.Rule);
        Assert.Contains(taken.Details, d => d.StartsWith("IP-MASQ-AGENT by itself: destination in default range 10.0.0.0/8: -A IP-MASQ-AGENT -d 10.0.0.0/8"));

        var ours = Ask(agent, "10.244.1.5", "8.8.8.8");
        Assert.StartsWith("masqueraded, destination in no non-masquerade range", ours.Verdict);
        Assert.DoesNotContain(ours.Details, d => d.Contains("competing"));
    }

    [Fact]
    public void A_competing_rule_before_ours_decides_for_all_and_SNAT_names_the_address()
    {
        var agent = On(null);
        agent.SetNat(IpFamily.IPv4, "-A POSTROUTING -s 10.244.1.5/32 -j SNAT --to-source 198.51.100.7\n" + Jump);

        Assert.Equal("masqueraded by a competing rule of an unknown owner, before IP-MASQ-AGENT: the source becomes 198.51.100.7", Ask(agent, "10.244.1.5", "8.8.8.8").Verdict);
        Assert.StartsWith("masqueraded, destination in no", Ask(agent, "10.244.1.6", "8.8.8.8").Verdict);
    }

    [Fact]
    public void A_rule_with_other_conditions_may_masquerade()
    {
        var agent = On(null);
        agent.SetNat(IpFamily.IPv4, Jump + "\n-A POSTROUTING -o eth0 -j MASQUERADE");

        var explanation = Ask(agent, "10.244.1.5", "10.9.9.9");
        Assert.StartsWith("not masqueraded, destination in default range", explanation.Verdict);
        Assert.Contains(explanation.Details, d => d.StartsWith("competing rule of an unknown owner, after IP-MASQ-AGENT, may masquerade it"));
    }

    [Fact]
    public void Rules_of_others_do_not_see_what_a_pod_sends_to_the_node_itself_but_what_the_node_does()
    {
        const string Rule = "-A POSTROUTING -s 10.244.1.0/24 ! -d 10.244.1.0/24 -j MASQUERADE", Any = "-A POSTROUTING -j MASQUERADE";
        var agent = On(null);
        agent.SetNat(IpFamily.IPv4, Jump + "\n" + Rule + "\n" + Any);
        agent.SetOtherNat(IpFamily.IPv4, "nft", Rule);

        var toNode = Ask(agent, "10.244.1.5", "192.0.2.11");
        Assert.StartsWith("not masqueraded, same node: 192.0.2.11 is an address of this node", toNode.Verdict);
        Assert.Null(toNode.Rule);
        Assert.Contains(toNode.Details, d => d.Contains("passes INPUT, never POSTROUTING"));
        Assert.DoesNotContain(toNode.Details, d => d.Contains("competing"));

        Assert.StartsWith("masqueraded by a competing rule", Ask(agent, "192.0.2.11", "192.0.2.11").Verdict);
        Assert.StartsWith("masqueraded by a competing rule", Ask(agent, "10.244.1.5", "10.9.9.9").Verdict);
    }

    [Theory]
    [InlineData(IpProtocol.None, 0, "-p tcp -m comment", true)]
    [InlineData(IpProtocol.Udp, 0, "-p udp -m comment", false)]
    [InlineData(IpProtocol.Sctp, 0, "-p sctp -m comment", false)]
    public void Where_ports_are_set_the_rule_is_that_of_the_protocol_asked_about(IpProtocol protocol, ushort port, string rule, bool namesOthers)
    {
        var answer = Ask(On(null, "--to-ports=30000-40000"), "10.244.1.5", "8.8.8.8", protocol, port);

        Assert.Contains(rule, answer.Rule);
        Assert.Equal(namesOthers, answer.Details.Any(d => d.StartsWith("other protocols:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(IpProtocol.None, 0, "not masqueraded", true)]
    [InlineData(IpProtocol.Udp, 53, "masqueraded by a competing rule", false)]
    [InlineData(IpProtocol.Udp, 0, "not masqueraded", true)]
    [InlineData(IpProtocol.Udp, 54, "not masqueraded", false)]
    [InlineData(IpProtocol.Tcp, 53, "not masqueraded", false)]
    public void A_competing_rule_for_a_protocol_and_a_port_takes_what_it_matches(IpProtocol protocol, ushort port, string verdict, bool isUncertain)
    {
        var agent = On(null);
        agent.SetNat(IpFamily.IPv4, "-A POSTROUTING -p udp -m udp --dport 50:53 -j SNAT --to-source 192.0.2.99");

        var answer = Ask(agent, "10.244.1.5", "10.9.9.9", protocol, port);

        Assert.StartsWith(verdict, answer.Verdict);
        Assert.Equal(isUncertain, answer.Details.Any(d => d.Contains("where its other conditions hold")));
    }

    [Fact]
    public void What_could_not_be_seen_is_said()
    {
        var agent = Agent.With(null);
        var blind = Ask(agent, "10.244.1.5", "8.8.8.8");
        Assert.Contains(blind.Details, d => d.Contains("the node's addresses could not be read"));
        Assert.Contains(blind.Details, d => d.Contains("nat could not be looked at"));
        Assert.EndsWith("the address of the outgoing interface", blind.Verdict);

        agent.SetNat(IpFamily.IPv4, "-A POSTROUTING -j KUBE-POSTROUTING");
        Assert.Contains(Ask(agent, "10.244.1.5", "8.8.8.8").Details, d => d.Contains("the jump to IP-MASQ-AGENT is not in the kernel now"));
    }

    [Fact]
    public void No_address_is_no_packet() =>
        Assert.StartsWith("no such packet", On(null).Plugin.Explain(new() { Source = default, Destination = InetAddress.Parse("8.8.8.8") }, On(null).Input).Verdict);
}
