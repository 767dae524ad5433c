using NetAgent.Contracts;

namespace NetAgent.MasqAgent.Tests;

/// <summary>What one file may say, and what is said about it.</summary>
public class FileTests
{
    [Theory]
    [InlineData("", 4, null)]
    [InlineData("nonMasqueradeCIDRs:", 1, "NullList")]
    [InlineData("nonMasqueradeCIDRs: null", 1, "NullList")]
    [InlineData("nonMasqueradeCIDRs: []", 1, "EmptyList")]
    public void Absent_null_and_empty_lists_are_three_things(string file, int returns, string? reason)
    {
        var agent = Agent.With(file);

        Assert.True(agent.Result.IsAccepted);
        Assert.Equal(returns, agent.Rules(IpFamily.IPv4).Count(r => r.EndsWith("-j RETURN")));
        Assert.Equal(reason is not null, agent.Slice.Notices.Any(n => n.Severity == Severity.Warning));
        if (reason is not null)
        {
            Assert.Contains(agent.Slice.Notices, n => n.Reason == "EmptyList");
            Assert.Equal(reason == "NullList", agent.Result.Problems.Any(p => p is { IsError: false, Path: "nonMasqueradeCIDRs", Line: 1 }));
        }
    }

    [Fact]
    public void Only_the_null_list_is_told_apart_from_the_empty_one()
    {
        Assert.DoesNotContain(Agent.With("nonMasqueradeCIDRs: []").Result.Problems, p => p.Line == 1);
        Assert.Contains("Remove the key for the default", Assert.Single(Agent.With("nonMasqueradeCIDRs:").Result.Problems, p => p.Line == 1).Message);
    }

    [Theory]
    [InlineData("NONMASQUERADECIDRS: [10.244.0.0/16]")]
    [InlineData("nonmasqueradecidrs: [10.244.0.0/16]")]
    [InlineData("{\"nonMasqueradeCidrs\": [\"10.244.0.0/16\"]}")]
    public void Keys_are_read_without_regard_to_case(string file)
    {
        var agent = Agent.With(file);

        Assert.Empty(agent.Result.Problems);
        Assert.StartsWith("-d 10.244.0.0/16", agent.Rules(IpFamily.IPv4)[1]);
    }

    [Theory]
    [InlineData("nonMasqueradeCIDR: [10.0.0.0/8]", "did you mean nonMasqueradeCIDRs?")]
    [InlineData("masqLinkLocalIP6: true", "did you mean masqLinkLocalIPv6?")]
    [InlineData("resyncIntervall: 5s", "did you mean resyncInterval?")]
    [InlineData("bananas: 3", "known here: nonMasqueradeCIDRs, cidrLimit")]
    public void An_unknown_key_is_warned_about_with_the_nearest_known_one(string file, string hint)
    {
        var agent = Agent.With("masqLinkLocal: false\n" + file);

        var problem = Assert.Single(agent.Result.Problems);
        Assert.False(problem.IsError);
        Assert.Equal(2, problem.Line);
        Assert.Contains(hint, problem.Message);
        Assert.Equal(Agent.With("").Save(IpFamily.IPv4), agent.Save(IpFamily.IPv4));
    }

    [Fact]
    public void The_last_of_several_equal_keys_counts_and_is_warned_about()
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [10.0.0.0/8]\nnonmasqueradecidrs: [10.1.0.0/16]\n");

        Assert.Equal("is given more than once; the last one counts", Assert.Single(agent.Result.Problems).Message);
        Assert.StartsWith("-d 10.1.0.0/16", agent.Rules(IpFamily.IPv4)[1]);
        Assert.Equal(3, agent.Rules(IpFamily.IPv4).Count);
    }

    [Theory]
    [InlineData("nonMasqueradeCIDRs: 10.0.0.0/8", "nonMasqueradeCIDRs", "is not a list")]
    [InlineData("nonMasqueradeCIDRs: {a: b}", "nonMasqueradeCIDRs", "a mapping is not a list")]
    [InlineData("nonMasqueradeCIDRs: ['']", "nonMasqueradeCIDRs[0]", "'' is not a text")]
    [InlineData("nonMasqueradeCIDRs: [null]", "nonMasqueradeCIDRs[0]", "null is not a text")]
    [InlineData("nonMasqueradeCIDRs: [10.0.0.1]", "nonMasqueradeCIDRs[0]", "for this one address write 10.0.0.1/32")]
    [InlineData("nonMasqueradeCIDRs: [\"::ffff:10.0.0.0/8\"]", "nonMasqueradeCIDRs[0]", "could not be parsed")]
    [InlineData("nonMasqueradeCIDRs: [\"fd00::/8\"]", "nonMasqueradeCIDRs[0]", "add --enable-ipv6 to args or remove the CIDR")]
    [InlineData("masqueradeCIDRs: [\"fd00::/8\"]", "masqueradeCIDRs[0]", "add --enable-ipv6 to args or remove the CIDR")]
    [InlineData("masqueradeCIDRs: [10.1.2.3/16]", "masqueradeCIDRs[0]", "write 10.1.0.0/16")]
    [InlineData("nonMasqueradeCIDRs: [10.0.0.0/8, 11.0.0.0/8]\ncidrLimit: 1", "nonMasqueradeCIDRs", "2 CIDRs where cidrLimit allows 1 (link-local not counted); write cidrLimit: 2")]
    [InlineData("cidrLimit: 2", "nonMasqueradeCIDRs", "3 CIDRs where cidrLimit allows 2")]
    [InlineData("cidrLimit: -1", "cidrLimit", "'-1' is out of range; 0 to 2147483647 is right")]
    [InlineData("cidrLimit: \"64\"", "cidrLimit", "'64' is not a whole number; write one from 0 to 2147483647, without quotes")]
    [InlineData("cidrLimit: 010", "cidrLimit", "10 is right")]
    [InlineData("cidrLimit: 99999999999", "cidrLimit", "out of range")]
    [InlineData("masqLinkLocal: \"true\"", "masqLinkLocal", "'true' is not true or false; write one of them, without quotes")]
    [InlineData("masqLinkLocal: 1", "masqLinkLocal", "is not true or false")]
    [InlineData("masqLinkLocalIPv6: [true]", "masqLinkLocalIPv6", "a list is not true or false")]
    [InlineData("podCIDRsOnly: maybe", "podCIDRsOnly", "is not true or false")]
    [InlineData("resyncInterval: soon", "resyncInterval", "as in 60s or 1m30s")]
    [InlineData("resyncInterval: 60", "resyncInterval", "as in 60s")]
    [InlineData("resyncInterval: 0s", "resyncInterval", "'0s' is out of range")]
    [InlineData("resyncInterval: \"0\"", "resyncInterval", "'0' is out of range")]
    [InlineData("resyncInterval: -5m", "resyncInterval", "'-5m' is out of range")]
    [InlineData("just words", "", "'just words' is not a mapping")]
    [InlineData("- 10.0.0.0/8", "", "a list is not a mapping")]
    public void A_wrong_value_is_refused_by_key_and_line_with_what_would_be_right(string file, string path, string message)
    {
        var agent = Agent.With(file);

        var problem = Assert.Single(agent.Result.Problems, p => p.IsError);
        Assert.Equal(Documents.Path, problem.Source);
        Assert.Equal(path, problem.Path);
        Assert.Contains(message, problem.Message);
        Assert.True(agent.Result.UsesDefaults);
        Assert.Equal(Agent.With(null).Save(IpFamily.IPv4), agent.Save(IpFamily.IPv4));
    }

    [Fact]
    public void Every_error_of_a_file_is_named_not_only_the_first()
    {
        var agent = Agent.With("nonMasqueradeCIDRs:\n- 10.0.0.1/8\n- nonsense\nresyncInterval: never\n");

        Assert.Equal([2, 3, 4], agent.Result.Problems.Where(p => p.IsError).Select(p => p.Line));
    }

    [Theory]
    [InlineData("yes", true)]
    [InlineData("On", true)]
    [InlineData("TRUE", true)]
    [InlineData("no", false)]
    [InlineData("off", false)]
    public void Switches_take_the_words_of_Yaml_1_1(string word, bool on)
    {
        var agent = Agent.With($"masqLinkLocal: {word}");

        Assert.True(agent.Result.IsAccepted);
        Assert.Equal(!on, agent.Rules(IpFamily.IPv4).Any(r => r.Contains("169.254")));
    }

    [Fact]
    public void Null_leaves_all_but_a_list_at_their_defaults()
    {
        var agent = Agent.With("masqLinkLocal:\ncidrLimit: ~\nresyncInterval:\n");

        Assert.True(agent.Result.IsAccepted);
        Assert.Equal(Agent.With(null).Save(IpFamily.IPv4), agent.Save(IpFamily.IPv4));
    }

    [Theory]
    [InlineData("60", "'60' is not a duration: its unit is missing (ns, us, ms, s, m, h), as in 60s")]
    [InlineData("1d", "'1d' is not a duration: 'd' is no unit (ns, us, ms, s, m, h), as in 24h")]
    [InlineData("5min", "'min' is no unit (ns, us, ms, s, m, h), as in 5m")]
    [InlineData("5S", "as in 5s")]
    [InlineData("5 s", "'5 s' is not a duration: it has blanks, where 5s is right")]
    [InlineData("1 day", "'1 day' is not a duration: 'day' is no unit (ns, us, ms, s, m, h), as in 24h")]
    [InlineData("2562048h", "'2562048h' is too long: 2562047h, about 292 years, is the longest duration")]
    [InlineData("''", "an empty text is not a duration")]
    [InlineData("soon", "'soon' is not a duration: a number with a unit (ns, us, ms, s, m, h) is needed, as in 60s or 1m30s")]
    [InlineData("0s", "'0s' is out of range; 100ns or more is right")]
    [InlineData("-5s", "'-5s' is out of range")]
    [InlineData("1ns", "'1ns' is out of range")]
    public void A_bad_duration_is_refused_with_its_own_cause(string interval, string message) =>
        Assert.Contains(message, Assert.Single(Agent.With($"resyncInterval: {interval}").Result.Problems).Message);

    [Theory]
    [InlineData("1ns", 1)]
    [InlineData("10ms", 1)]
    [InlineData("90s", 90)]
    [InlineData("8760h", 86400)]
    public void The_period_is_the_interval_within_a_second_and_a_day(string interval, int seconds)
    {
        var agent = Agent.With($"resyncInterval: {interval}");

        Assert.Equal(interval != "1ns", agent.Result.IsAccepted);
        Assert.Equal(interval == "1ns" ? 60 : seconds, agent.Result.Period!.Value.TotalSeconds);
    }

    [Fact]
    public void A_configuration_of_two_documents_is_refused_naming_the_second()
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [10.1.0.0/16]\n---\nnonMasqueradeCIDRs: [10.2.0.0/16]\n");

        Assert.Contains("line 2: document 2 of 2 begins here", Assert.Single(agent.Result.Problems).Message);
        Assert.True(agent.Result.UsesDefaults);
    }

    [Theory]
    [InlineData("---\nnonMasqueradeCIDRs: [10.1.0.0/16]\n")]
    [InlineData("nonMasqueradeCIDRs: [10.1.0.0/16]\n---\n# nothing more\n")]
    public void Empty_documents_around_it_are_none(string text) => Assert.True(Agent.With(text).Result.IsAccepted);

    [Fact]
    public void Keys_of_the_agents_file_are_named_with_that_file_and_line()
    {
        var agent = new Agent();
        agent.Configure(new PluginConfiguration { Inline = Documents.Parse("\n\nnonMasqueradeCIDRs: [10.1.0.1/16]"), InlineSource = "/etc/netagent/agent.yaml" });

        Assert.StartsWith("/etc/netagent/agent.yaml:3: nonMasqueradeCIDRs[0]: ", Assert.Single(agent.Result.Problems).ToString());
    }

    [Fact]
    public void Prefixes_of_length_zero_are_left_out_as_iptables_save_does()
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [0.0.0.0/0, \"::/0\"]\nmasqLinkLocal: true\nmasqLinkLocalIPv6: true", "--enable-ipv6");

        Assert.StartsWith("-m comment", agent.Rules(IpFamily.IPv4)[0]);
        Assert.StartsWith("-m comment", agent.Rules(IpFamily.IPv6)[0]);
        Assert.Equal(2, agent.Slice.Notices.Count(n => n.Reason == "NothingMasqueraded"));
    }

    [Fact]
    public void Duplicates_and_overlaps_are_written_as_given_and_reported_with_both_places()
    {
        var agent = Agent.With("nonMasqueradeCIDRs:\n- 10.244.0.0/16\n- 10.0.0.0/8\n- 10.0.0.0/8\n- 192.168.0.0/16\n");

        Assert.Equal(6, agent.Rules(IpFamily.IPv4).Count);
        var duplicate = Assert.Single(agent.Slice.Notices, n => n.Reason == "DuplicateRange");
        Assert.Contains(":4: nonMasqueradeCIDRs[2]: 10.0.0.0/8 is already given by 10.0.0.0/8 (/etc/config/ip-masq-agent:3, nonMasqueradeCIDRs[1])", duplicate.Message);
        var overlap = Assert.Single(agent.Slice.Notices, n => n.Reason == "OverlappingRange");
        Assert.Contains("10.244.0.0/16 lies within 10.0.0.0/8", overlap.Message);
    }
}
