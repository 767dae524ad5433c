using NetAgent.Contracts;

namespace NetAgent.MasqAgent.Tests;

/// <summary>Other people's masquerade rules, as iptables-save prints them on real nodes.</summary>
public class CompetitorTests
{
    private const string Ours = "-A POSTROUTING -m comment --comment \"ip-masq-agent: ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom IP-MASQ-AGENT chain\" -m addrtype ! --dst-type LOCAL -j IP-MASQ-AGENT";

    private const string KubeProxy = """
        -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
        -A KUBE-POSTROUTING -m comment --comment "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose" -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE
        -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
        -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
        -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
        """;

    private static Notice[] Find(string dump, string file = "", string[]? podCidrs = null, string[]? arguments = null)
    {
        var agent = Agent.With(file, arguments ?? []);
        if (podCidrs is not null)
        {
            agent.SetPodCidrs(podCidrs);
        }
        agent.SetNat(IpFamily.IPv4, dump);
        return [.. agent.Slice.Notices.Where(n => n.Reason == "CompetingMasquerade")];
    }

    [Theory]
    [InlineData("")]
    [InlineData(Ours)]
    [InlineData(KubeProxy)]
    [InlineData(KubeProxy + "\n" + Ours)]
    [InlineData("-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING\n-A KUBE-POSTROUTING -m comment --comment \"kubernetes service traffic requiring SNAT\" -m mark --mark 0x4000/0x4000 -j MASQUERADE")]
    [InlineData("-A POSTROUTING -m comment --comment \"CNI portfwd requiring masquerade\" -j CNI-HOSTPORT-MASQ\n-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE")]
    [InlineData("-A POSTROUTING ! -d 0.0.0.0/0 -m comment --comment \"kubenet: SNAT for outbound traffic from cluster\" -m addrtype ! --dst-type LOCAL -j MASQUERADE")]
    [InlineData("-A POSTROUTING -o tunl0 -m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --src-type LOCAL -j MASQUERADE")]
    [InlineData("-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE")]
    [InlineData("-A POSTROUTING -d 8.8.8.8/32 -j MASQUERADE")]
    [InlineData("-A PREROUTING -j SOMEWHERE\n-A SOMEWHERE -j MASQUERADE")]
    public void Rules_that_take_nothing_from_our_ranges_are_no_competitors(string dump) => Assert.Empty(Find(dump));

    public static TheoryData<string, string, string, string> Competing => new()
    {
        {
            "kubelet (kubenet)", "10.0.0.0/8",
            "-A POSTROUTING ! -d 172.16.0.0/12 -m comment --comment \"kubenet: SNAT for outbound traffic from cluster\" -m addrtype ! --dst-type LOCAL -j MASQUERADE",
            "--non-masquerade-cidr=0.0.0.0/0"
        },
        {
            "a CNI plugin (ipMasq)", "192.168.0.0/16",
            """
            -A POSTROUTING -s 10.22.0.5/32 -m comment --comment "name: \"mynet\" id: \"0b1c\"" -j CNI-7ab2
            -A POSTROUTING -s 10.22.0.6/32 -m comment --comment "name: \"mynet\" id: \"77aa\"" -j CNI-9cd1
            -A CNI-7ab2 -d 10.22.0.0/16 -m comment --comment "name: \"mynet\" id: \"0b1c\"" -j ACCEPT
            -A CNI-7ab2 ! -d 224.0.0.0/4 -m comment --comment "name: \"mynet\" id: \"0b1c\"" -j MASQUERADE
            -A CNI-9cd1 -d 10.22.0.0/16 -m comment --comment "name: \"mynet\" id: \"77aa\"" -j ACCEPT
            -A CNI-9cd1 ! -d 224.0.0.0/4 -m comment --comment "name: \"mynet\" id: \"77aa\"" -j MASQUERADE
            """,
            "and 1 more like it"
        },
        {
            "Calico (natOutgoing)", "10.0.0.0/8",
            """
            -A POSTROUTING -m comment --comment "cali:O3lYWMrLQYEMJtB5" -j cali-POSTROUTING
            -A cali-POSTROUTING -m comment --comment "cali:Z-c7XtVd2Bq7s_hA" -j cali-fip-snat
            -A cali-POSTROUTING -m comment --comment "cali:nYKhEzDlr11Jccal" -j cali-nat-outgoing
            -A cali-nat-outgoing -m comment --comment "cali:flqWnvo8yq4ULQLa" -m set --match-set cali40masq-ipam-pools src -m set ! --match-set cali40all-ipam-pools dst -j MASQUERADE --random-fully
            """,
            "natOutgoing: false"
        },
        {
            "flannel", "172.16.0.0/12",
            """
            -A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
            -A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
            -A FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
            -A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN
            -A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN
            -A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
            """,
            "without --ip-masq"
        },
        { "kindnet", "10.0.0.0/8", "-A POSTROUTING -m addrtype ! --dst-type LOCAL -j KIND-MASQ-AGENT\n-A KIND-MASQ-AGENT -d 10.244.0.0/16 -j RETURN\n-A KIND-MASQ-AGENT -j MASQUERADE", "leave masquerading to one" },
        { "another ip-masq-agent", "10.0.0.0/8", "-A POSTROUTING -m addrtype ! --dst-type LOCAL -j IP-MASQ\n-A IP-MASQ -d 169.254.0.0/16 -j RETURN\n-A IP-MASQ -j MASQUERADE", "stop it" },
        { "OpenShift SDN", "10.0.0.0/8", "-A POSTROUTING -m comment --comment \"rules for masquerading OpenShift traffic\" -j OPENSHIFT-MASQUERADE\n-A OPENSHIFT-MASQUERADE -s 10.128.0.0/14 -m comment --comment \"masquerade pod-to-service and pod-to-external traffic\" -j MASQUERADE", "from 10.128.0.0/14" },
        { "Cilium", "192.168.0.0/16", "-A POSTROUTING -m comment --comment \"cilium-feeder: CILIUM_POST_nat\" -j CILIUM_POST_nat\n-A CILIUM_POST_nat -s 10.0.1.0/24 ! -d 10.0.0.0/8 ! -o cilium_+ -m comment --comment \"cilium masquerade non-cluster\" -j MASQUERADE", "where its other conditions hold" },
        { "the Amazon VPC CNI", "172.16.0.0/12", "-A POSTROUTING -m comment --comment \"AWS SNAT CHAIN\" -j AWS-SNAT-CHAIN-0\n-A AWS-SNAT-CHAIN-0 -d 10.1.0.0/16 -m comment --comment \"AWS SNAT CHAIN\" -j RETURN\n-A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment \"AWS, SNAT\" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 10.1.2.3 --random-fully", "AWS_VPC_K8S_CNI_EXTERNALSNAT" },
        { "kube-proxy or kubelet", "10.0.0.0/8", "-A POSTROUTING -j KUBE-POSTROUTING\n-A KUBE-POSTROUTING -j MASQUERADE", "depend on mark 0x4000" },
        { "an unknown owner", "10.0.0.0/8", "-A POSTROUTING -s 10.244.0.0/16 -o eth0 -j MASQUERADE", "find who writes it" },
    };

    [Theory]
    [MemberData(nameof(Competing))]
    public void A_competing_rule_is_named_with_owner_ranges_place_and_remedy(string owner, string range, string dump, string also)
    {
        foreach (var (text, place) in new[] { (dump + "\n" + Ours, "comes before the jump to IP-MASQ-AGENT"), (dump, "comes before"), (Ours + "\n" + dump, "comes after the jump to IP-MASQ-AGENT") })
        {
            var notice = Assert.Single(Find(text));

            Assert.Equal(Severity.Warning, notice.Severity);
            Assert.Contains($"of {owner} {place}", notice.Message);
            Assert.Contains(range, notice.Message[(notice.Message.IndexOf(" of " + owner, StringComparison.Ordinal) + 1)..]);
            Assert.Contains(also, notice.Message);
            Assert.Contains("IPv4 nat: rule '-A ", notice.Message);
        }
    }

    [Theory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void A_rule_in_the_other_back_end_is_named_with_that_back_end(string backend)
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [10.0.0.0/8]");
        agent.SetNat(IpFamily.IPv4, Ours);
        agent.SetOtherNat(IpFamily.IPv4, backend, "-A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE");

        var notice = Assert.Single(agent.Slice.Notices, n => n.Reason == "CompetingMasquerade");
        Assert.Equal(Severity.Warning, notice.Severity);
        Assert.StartsWith($"IPv4 nat of iptables-{backend}: rule '-A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE' of an unknown owner stands in the other iptables back end, which packets pass besides IP-MASQ-AGENT, and masquerades traffic from 10.244.0.0/16 to 169.254.0.0/16, 10.0.0.0/8, which should keep its source", notice.Message);

        agent.SetOtherNat(IpFamily.IPv4, backend, KubeProxy);
        Assert.DoesNotContain(agent.Slice.Notices, n => n.Reason == "CompetingMasquerade");
    }

    [Fact]
    public void Only_ranges_that_the_rule_takes_are_named()
    {
        var notice = Assert.Single(Find("-A POSTROUTING ! -d 10.0.0.0/8 -m comment --comment \"kubenet: SNAT for outbound traffic from cluster\" -m addrtype ! --dst-type LOCAL -j MASQUERADE"));

        Assert.Contains("traffic to 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16, which should keep its source", notice.Message);
    }

    [Fact]
    public void A_rule_for_part_of_a_range_counts() =>
        Assert.Contains("traffic to 10.0.0.0/8", Assert.Single(Find("-A POSTROUTING -d 10.5.0.0/16 -j MASQUERADE")).Message);

    [Fact]
    public void Rules_that_only_take_link_local_are_information() =>
        Assert.Equal(Severity.Information, Assert.Single(Find("-A POSTROUTING -d 169.254.169.254/32 -j MASQUERADE")).Severity);

    [Fact]
    public void Forced_ranges_are_not_taken_from_us() =>
        Assert.Empty(Find("-A POSTROUTING -d 10.5.0.0/16 -j MASQUERADE", "nonMasqueradeCIDRs: [10.5.0.0/16]\nmasqueradeCIDRs: [10.0.0.0/8]"));

    [Fact]
    public void Docker_and_libvirt_matter_only_where_pods_use_their_bridge()
    {
        const string Docker = "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE";

        Assert.Empty(Find(Docker, podCidrs: ["10.244.1.0/24"]));
        Assert.Contains("of Docker", Assert.Single(Find(Docker, podCidrs: ["172.17.0.0/16"])).Message);
        Assert.Empty(Find("-A POSTROUTING -j LIBVIRT_PRT\n-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -j MASQUERADE", podCidrs: ["10.244.1.0/24"]));
    }

    [Fact]
    public void An_unknown_rule_for_other_sources_than_pods_is_information() =>
        Assert.Equal(Severity.Information, Assert.Single(Find("-A POSTROUTING -s 192.168.50.0/24 -j MASQUERADE", podCidrs: ["10.244.1.0/24"])).Severity);

    [Fact]
    public void A_rule_before_ours_takes_the_ports_from_us_even_without_any_range()
    {
        const string Empty = "nonMasqueradeCIDRs: []\nmasqLinkLocal: true";
        const string Rule = "-A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE";

        Assert.Empty(Find(Rule + "\n" + Ours, Empty));
        Assert.Contains("without heeding --to-ports", Assert.Single(Find(Rule + "\n" + Ours, Empty, arguments: ["--to-ports=2000-2999"])).Message);
        Assert.Empty(Find(Ours + "\n" + Rule, Empty, arguments: ["--to-ports=2000-2999"]));
    }

    [Fact]
    public void Each_family_is_searched_for_itself()
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [\"fd00::/8\"]", "--enable-ipv6");
        agent.SetNat(IpFamily.IPv4, "");
        agent.SetNat(IpFamily.IPv6, "-A POSTROUTING -s fd00:1::/64 -j MASQUERADE");

        var notice = Assert.Single(agent.Slice.Notices, n => n.Reason == "CompetingMasquerade");
        Assert.StartsWith("IPv6 nat", notice.Message);
        Assert.Contains(agent.Slice.Gauges, g => g is { Name: "netagent_masq_competing_owners", Value: 1 } && g.Labels.Find("family") == "IPv6");
        Assert.Contains(agent.Slice.Gauges, g => g is { Name: "netagent_masq_competing_owners", Value: 0 } && g.Labels.Find("family") == "IPv4");
    }

    [Theory]
    [InlineData("-A KUBE-SERVICES -m comment --comment \"Kubernetes service cluster ip + port for masquerade purpose\" -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ", true)]
    [InlineData("-A KUBE-SVC-ERIFXISQEP7F7OF4 -d 10.96.0.10/32 -p tcp -m comment --comment \"kube-system/kube-dns:dns-tcp cluster IP\" -m tcp --dport 53 -j KUBE-MARK-MASQ", true)]
    [InlineData("-A KUBE-SERVICES ! -s 10.244.0.0/16 -m comment --comment \"Kubernetes service cluster ip + port for masquerade purpose\" -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ", false)]
    [InlineData("-A KUBE-SERVICES -m comment --comment \"Kubernetes service cluster ip + port for masquerade purpose\" -m set --match-set KUBE-CLUSTER-IP src,dst -j KUBE-MARK-MASQ", false)]
    [InlineData("-A KUBE-SVC-ERIFXISQEP7F7OF4 ! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp -m comment --comment \"kube-system/kube-dns:dns-tcp cluster IP\" -m tcp --dport 53 -j KUBE-MARK-MASQ", false)]
    public void Kube_proxys_masqueradeAll_is_pointed_out(string rule, bool found)
    {
        var agent = Agent.With(null);

        agent.SetNat(IpFamily.IPv4, rule + "\n" + KubeProxy);

        Assert.Equal(found, agent.Slice.Notices.Any(n => n.Reason == "ServicesMasqueraded"));
    }

    [Fact]
    public void A_notice_goes_when_its_rule_does()
    {
        var agent = Agent.With(null);
        agent.SetNat(IpFamily.IPv4, "-A POSTROUTING -j MASQUERADE");
        Assert.Single(agent.Slice.Notices);

        agent.SetNat(IpFamily.IPv4, Ours);
        Assert.Empty(agent.Slice.Notices);
    }

    [Fact]
    public void Loops_fans_and_nonsense_in_a_dump_end()
    {
        var fan = string.Join('\n', Enumerable.Range(0, 15).SelectMany(i => Enumerable.Repeat($"-A {(i == 0 ? "POSTROUTING" : "C" + i)} -o eth{i} -j C{i + 1}", 8)));
        Assert.Empty(Find("-A POSTROUTING -j A\n-A A -j B\n-A B -j A"));
        Assert.Empty(Find("-A\n-A POSTROUTING\n-A POSTROUTING -s\n-A POSTROUTING -j\n-A POSTROUTING \"-m\n-A POSTROUTING ! ! -d x -m -m"));
        Assert.Empty(Find(fan + "\n-A C15 -j RETURN"));
    }

    [Fact]
    public void A_thousand_pods_with_a_rule_each_make_one_notice()
    {
        var pods = string.Join('\n', Enumerable.Range(0, 1000).Select(i => $"-A POSTROUTING -s 10.22.{i / 250}.{(i % 250) + 1}/32 -j CNI-{i}\n-A CNI-{i} -d 10.22.0.0/16 -j ACCEPT\n-A CNI-{i} ! -d 224.0.0.0/4 -j MASQUERADE"));

        Assert.Contains("and 999 more like it of a CNI plugin (ipMasq)", Assert.Single(Find(pods)).Message);
    }
}
