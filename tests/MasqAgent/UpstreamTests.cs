using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Flags;
using NetAgent.Plugins.MasqAgent.Rules;

namespace NetAgent.MasqAgent.Tests;

/// <summary>ip-masq-agent's own test tables: the same inputs, the same outcome, in iptables-save's form.</summary>
public class UpstreamTests
{
    private const string Local = "-m comment --comment \"ip-masq-agent: local traffic is not subject to MASQUERADE\" -j RETURN";
    private const string Outbound = "-m comment --comment \"ip-masq-agent: outbound traffic is subject to MASQUERADE (must be last in chain)\"";

    private static readonly string[] Rfc1918 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

    private static readonly string[] Reserved =
    [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
    ];

    [Theory]
    [InlineData("nonMasqueradeCIDRs: []", true, "")]
    [InlineData("nonMasqueradeCIDRs: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]", true, "")]
    [InlineData("nonMasqueradeCIDRs: [abcdefg]", false, "nonMasqueradeCIDRs[0]: CIDR \"abcdefg\" could not be parsed")]
    [InlineData("nonMasqueradeCIDRs: [10.0.0.0/8, abcdefg]", false, "nonMasqueradeCIDRs[1]: CIDR \"abcdefg\" could not be parsed")]
    [InlineData("nonMasqueradeCIDRs: [10.256.0.0/16]", false, "CIDR \"10.256.0.0/16\" could not be parsed")]
    [InlineData("nonMasqueradeCIDRs: [10.0.0.1/8]", false, "host bits of 10.0.0.1 are set; write 10.0.0.0/8")]
    public void Ranges_are_validated(string file, bool accepted, string message)
    {
        var agent = Agent.With(file);

        Assert.Equal(accepted, agent.Result.IsAccepted);
        Assert.Contains(agent.Result.Problems.Where(p => p.IsError).Select(p => p.ToString()).DefaultIfEmpty(""), p => p.Contains(message));
    }

    public static TheoryData<string, string, bool, int> Files => new()
    {
        { "nonMasqueradeCIDRs:\n- 172.16.0.0/12\n- 10.0.0.0/8\ncidrLimit: 64\nmasqLinkLocal: true\nresyncInterval: 5s\n", "172.16.0.0/12,10.0.0.0/8", true, 5 },
        { "nonMasqueradeCIDRs:\n- 192.168.0.0/16\n", "192.168.0.0/16", false, 60 },
        { "masqLinkLocal: true\n", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16", true, 60 },
        { "resyncInterval: 5m\n", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16", false, 300 },
        { "{\"nonMasqueradeCIDRs\": [\"172.16.0.0/12\", \"10.0.0.0/8\"], \"masqLinkLocal\": true, \"resyncInterval\": \"5s\"}", "172.16.0.0/12,10.0.0.0/8", true, 5 },
        { "{\"nonMasqueradeCIDRs\": [\"192.168.0.0/16\"]}", "192.168.0.0/16", false, 60 },
        { "{\"masqLinkLocal\": true}", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16", true, 60 },
        { "{\"resyncInterval\": \"5m\"}", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16", false, 300 },
        { "{\"resyncInterval\": \"\\u0035\\u006d\"}", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16", false, 300 },
        { "{\"nonMasqueradeCIDRs\": [\"172.16.0.0/12\", \"10.0.0.0/8\", \"fc00::/7\"], \"masqLinkLocal\": true, \"resyncInterval\": \"5s\"}", "172.16.0.0/12,10.0.0.0/8,fc00::/7", true, 5 },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Files_are_read_on_top_of_the_defaults(string file, string ranges, bool masqLinkLocal, int seconds)
    {
        var agent = Agent.With(file, "--enable-ipv6");

        var all = ranges.Split(',');
        Assert.True(agent.Result.IsAccepted);
        Assert.Empty(agent.Result.Problems);
        Assert.Equal(TimeSpan.FromSeconds(seconds), agent.Result.Period);
        Assert.Equal([.. masqLinkLocal ? [] : (string[])["169.254.0.0/16"], .. all.Where(r => !r.Contains(':'))], Returned(agent, IpFamily.IPv4));
        Assert.Equal(["fe80::/10", .. all.Where(r => r.Contains(':'))], Returned(agent, IpFamily.IPv6));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("{*")]
    public void A_file_that_does_not_parse_changes_nothing(string file)
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [10.244.0.0/16]");
        var before = agent.Save(IpFamily.IPv4);

        agent.Configure(Documents.File(file));

        Assert.False(agent.Result.IsAccepted);
        Assert.False(agent.Result.UsesDefaults);
        Assert.Equal(before, agent.Save(IpFamily.IPv4));
    }

    [Fact]
    public void A_file_that_is_not_there_means_the_defaults_and_is_no_error()
    {
        var agent = Agent.With(null);

        Assert.True(agent.Result.IsAccepted);
        Assert.False(agent.Result.UsesDefaults);
        Assert.Equal(["169.254.0.0/16", .. Rfc1918], Returned(agent, IpFamily.IPv4));
    }

    public static TheoryData<bool, string?> RandomFully => new() { { true, null }, { false, "--random-fully=false" }, { true, "--random-fully=true" } };

    [Theory]
    [MemberData(nameof(RandomFully))]
    public void Chains_hold_these_rules(bool randomFully, string? flag)
    {
        void Rules(IpFamily family, string file, string[] arguments, string[] returned)
        {
            var agent = Agent.With(file, [.. arguments, .. flag is null ? [] : (string[])[flag]]);
            Assert.Equal([.. returned.Select(r => $"-d {r} {Local}"), Catch(randomFully)], agent.Rules(family));
        }

        Rules(IpFamily.IPv4, "nonMasqueradeCIDRs: []", [], ["169.254.0.0/16"]);
        Rules(IpFamily.IPv4, "", [], ["169.254.0.0/16", .. Rfc1918]);
        Rules(IpFamily.IPv4, "", ["--nomasq-all-reserved-ranges"], ["169.254.0.0/16", .. Reserved]);
        Rules(IpFamily.IPv4, "nonMasqueradeCIDRs: [10.0.0.0/8]", ["--nomasq-all-reserved-ranges"], ["169.254.0.0/16", "10.0.0.0/8"]);
        Rules(IpFamily.IPv4, "nonMasqueradeCIDRs: [10.244.0.0/16, \"fc00::/7\"]", ["--enable-ipv6"], ["169.254.0.0/16", "10.244.0.0/16"]);
        Rules(IpFamily.IPv4, "masqLinkLocal: true", [], Rfc1918);
        Rules(IpFamily.IPv6, "nonMasqueradeCIDRs: []", ["--enable-ipv6"], ["fe80::/10"]);
        Rules(IpFamily.IPv6, "nonMasqueradeCIDRs: [10.244.0.0/16, \"fc00::/7\"]", ["--enable-ipv6"], ["fe80::/10", "fc00::/7"]);
        Rules(IpFamily.IPv6, "masqLinkLocalIPv6: true", ["--enable-ipv6"], []);
    }

    public static TheoryData<string, string[]> Ports => new()
    {
        { "1024-29999", ["--to-ports 1024-29999"] },
        { "1024-29999,32768-65535", ["0.46929256292 --to-ports 1024-29999", "--to-ports 32768-65535"] },
        { "1024-29999,32768-49151,61000-65535", ["0.58072791388 --to-ports 1024-29999", "0.78317399602 --to-ports 32768-49151", "--to-ports 61000-65535"] },
        { "1024,65535", ["0.50000000000 --to-ports 1024", "--to-ports 65535"] },
        { "42-42", ["--to-ports 42"] },
    };

    [Theory]
    [MemberData(nameof(Ports))]
    public void Port_ranges_get_rules_for_three_protocols_before_the_catch_all(string ports, string[] rules)
    {
        foreach (var family in new[] { IpFamily.IPv4, IpFamily.IPv6 })
        {
            foreach (var randomFully in new[] { true, false })
            {
                var agent = Agent.With("nonMasqueradeCIDRs: []\nmasqLinkLocal: true\nmasqLinkLocalIPv6: true\n",
                    "--enable-ipv6", $"--to-ports={ports}", $"--random-fully={(randomFully ? "true" : "false")}");

                var expected = new[] { "tcp", "udp", "sctp" }.SelectMany(protocol => rules.Select(rule => rule.Split(" --to-ports ") is [var share, var range]
                    ? $"-p {protocol} {Outbound} -m statistic --mode random --probability {share} -j MASQUERADE --to-ports {range}{Fully(randomFully)}"
                    : $"-p {protocol} {Outbound} -j MASQUERADE {rule}{Fully(randomFully)}"));
                Assert.Equal([.. expected, Catch(randomFully)], agent.Rules(family));
            }
        }
    }

    [Theory]
    [InlineData(42, 44, 3, "42-44")]
    [InlineData(42, 42, 1, "42")]
    public void Port_ranges_know_their_size_and_text(ushort first, ushort last, int size, string text)
    {
        var range = new PortRange(first, last);

        Assert.Equal(size, range.Size);
        Assert.Equal(text, range.ToString());
    }

    [Theory]
    [InlineData("42-44", true)]
    [InlineData("42", true)]
    [InlineData("42-42", true)]
    [InlineData("42 - 44", false)]
    [InlineData("42-43-44", false)]
    [InlineData("4x", false)]
    [InlineData("4x-44", false)]
    [InlineData("42-4x", false)]
    [InlineData("-44", false)]
    [InlineData("42-", false)]
    [InlineData("42-41", false)]
    [InlineData("0", false)]
    [InlineData("0-42", false)]
    [InlineData("70000", false)]
    [InlineData("1-65536", false)]
    [InlineData("99999999999999", false)]
    [InlineData("1,,2", false)]
    public void Port_ranges_are_read_or_refused(string text, bool good)
    {
        var agent = Agent.With("", $"--to-ports={text}");

        Assert.Equal(good, agent.Result.IsAccepted);
        Assert.Equal(good, !agent.Result.UsesDefaults);
        Assert.Equal(good ? 3 : 0, agent.Rules(IpFamily.IPv4).Count(r => r.Contains("--to-ports")));
    }

    [Fact]
    public void The_jump_is_appended_with_the_text_that_never_changes()
    {
        var jump = Assert.Single(Agent.With(null).Slice.Jumps.Rows);

        Assert.Equal(JumpPosition.Last, jump.Position);
        Assert.Equal(new(IpFamily.IPv4, "nat", "POSTROUTING", "-m comment --comment \"ip-masq-agent: ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom IP-MASQ-AGENT chain\" -m addrtype ! --dst-type LOCAL -j IP-MASQ-AGENT"), jump.Key);
    }

    [Fact]
    public void A_probability_is_the_one_that_the_kernel_keeps()
    {
        Assert.Equal("0.46929256292", RuleText.Probability(28976.0 / 61744));
        Assert.Equal("1.00000000000", RuleText.Probability(1));
    }

    private static string[] Returned(Agent agent, IpFamily family) =>
        [.. agent.Rules(family).Where(r => r.EndsWith("-j RETURN")).Select(r => r.Split(' ')[1])];

    private static string Catch(bool randomFully) => $"{Outbound} -j MASQUERADE{Fully(randomFully)}";

    private static string Fully(bool randomFully) => randomFully ? " --random-fully" : "";
}
