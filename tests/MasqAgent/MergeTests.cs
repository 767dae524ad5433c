using NetAgent.Contracts;

namespace NetAgent.MasqAgent.Tests;

/// <summary>Several files: ip-masq-agent-v2's union, without its random order and its crashes.</summary>
public class MergeTests
{
    private static ConfigurationFile Cloud(string text) => Documents.File(text, "/etc/config/ip-masq-agent-cloud");

    private static ConfigurationFile User(string text) => Documents.File(text, "/etc/config/ip-masq-agent-user");

    private static string[] Returned(Agent agent, IpFamily family = IpFamily.IPv4) =>
        [.. agent.Rules(family).Where(r => r.EndsWith("-j RETURN")).Select(r => r.Split(' ')[1])];

    [Fact]
    public void Ranges_are_united_in_the_order_of_the_files_and_switches_ored()
    {
        var agent = Agent.WithFiles(
            Cloud("nonMasqueradeCIDRs: [155.128.0.0/9, 10.0.0.0/8]\nmasqLinkLocal: false\n"),
            User("nonMasqueradeCIDRs: [10.240.0.0/16, 10.0.0.0/8, 180.132.128.0/18]\nmasqLinkLocal: true\nresyncInterval: 20s\n"));

        Assert.True(agent.Result.IsAccepted);
        Assert.Equal(["155.128.0.0/9", "10.0.0.0/8", "10.240.0.0/16", "180.132.128.0/18"], Returned(agent));
        Assert.Equal(TimeSpan.FromSeconds(20), agent.Result.Period);
        Assert.Contains(agent.Slice.Notices, n => n.Reason == "DuplicateRange" && n.Message.Contains("ip-masq-agent-user:1") && n.Message.Contains("ip-masq-agent-cloud:1"));
    }

    [Fact]
    public void Each_file_starts_from_zero_so_one_without_ranges_adds_none()
    {
        Assert.Equal(["169.254.0.0/16", "11.0.0.0/8"], Returned(Agent.WithFiles(Cloud("masqLinkLocalIPv6: true"), User("nonMasqueradeCIDRs: [11.0.0.0/8]"))));

        var none = Agent.WithFiles(Cloud("masqLinkLocal: true"), User("resyncInterval: 9s"));
        Assert.Empty(Returned(none));
        Assert.Contains(none.Slice.Notices, n => n.Reason == "EmptyList");
    }

    private static ConfigurationFile InFolder(string name, string text) => Documents.File(text, "/etc/config/" + name) with { Folder = "/etc/config" };

    [Fact]
    public void A_folder_is_read_as_version_2_reads_it_each_file_from_zero_even_a_single_one()
    {
        var two = Agent.WithFiles(InFolder("ip-masq-agent-cloud", "nonMasqueradeCIDRs: [11.0.0.0/8]"), InFolder("ip-masq-agent-user", "nonMasqueradeCIDRs: [12.0.0.0/8]\nmasqLinkLocal: true"));
        Assert.Equal(["11.0.0.0/8", "12.0.0.0/8"], Returned(two));

        var one = Agent.WithFiles(InFolder("ip-masq-agent", "masqLinkLocal: true"));
        Assert.Empty(Returned(one));
    }

    [Fact]
    public void Of_a_folder_only_its_own_files_count_and_others_are_named_whatever_they_hold()
    {
        var agent = Agent.WithFiles(InFolder("README", "nonMasqueradeCIDRs: {"), InFolder("ip-masq-agent", "nonMasqueradeCIDRs: [11.0.0.0/8]"), InFolder("other.yaml", "nonMasqueradeCIDRs: [12.0.0.0/8]"));

        Assert.True(agent.Result.IsAccepted);
        Assert.Equal(["169.254.0.0/16", "11.0.0.0/8"], Returned(agent));
        Assert.Equal(["/etc/config/README", "/etc/config/other.yaml"], agent.Result.Problems.Select(p => p.Source));
    }

    [Fact]
    public void A_folder_without_files_of_its_own_means_the_defaults() =>
        Assert.Equal(Agent.With(null).Save(IpFamily.IPv4), Agent.WithFiles(InFolder("README", "a: b")).Save(IpFamily.IPv4));

    [Fact]
    public void A_bad_file_of_a_folder_is_named_and_left_out()
    {
        var agent = Agent.WithFiles(InFolder("ip-masq-a", "nonMasqueradeCIDRs: [11.0.0.1/8]"), InFolder("ip-masq-b", "nonMasqueradeCIDRs: [12.0.0.0/8]"));

        Assert.Equal(["169.254.0.0/16", "12.0.0.0/8"], Returned(agent));
        Assert.Contains("/etc/config/ip-masq-a:1", Assert.Single(agent.Slice.Notices, n => n.Reason == "ConfigurationFileRefused").Message);
    }

    [Fact]
    public void Missing_files_count_for_nothing_and_with_none_at_all_the_defaults_hold()
    {
        Assert.Equal(["169.254.0.0/16", "11.0.0.0/8"], Returned(Agent.WithFiles(Documents.Missing("a"), User("nonMasqueradeCIDRs: [11.0.0.0/8]"))));

        var none = Agent.WithFiles(Documents.Missing("a"), Documents.Missing("b"));
        Assert.True(none.Result.IsAccepted);
        Assert.Equal(Agent.With(null).Save(IpFamily.IPv4), none.Save(IpFamily.IPv4));
    }

    [Theory]
    [InlineData("nonMasqueradeCIDRs: [10.0.0.1/8]", "write 10.0.0.0/8")]
    [InlineData("nonMasqueradeCIDRs: [\"\"]", "'' is not a text")]
    [InlineData("nonMasqueradeCIDRs: [null]", "null is not a text")]
    [InlineData("nonMasqueradeCIDRs: [10.0.0.0/8", "line")]
    [InlineData("nonMasqueradeCIDRs: [\"fd00::/8\"]", "--enable-ipv6")]
    [InlineData("nonMasqueradeCIDRs: [12.0.0.0/8, 13.0.0.0/8]\ncidrLimit: 1", "cidrLimit allows 1")]
    public void A_bad_file_is_named_and_left_out_wherever_it_stands(string bad, string why)
    {
        foreach (var agent in new[]
        {
            Agent.WithFiles(Cloud(bad), User("nonMasqueradeCIDRs: [11.0.0.0/8]")),
            Agent.WithFiles(User("nonMasqueradeCIDRs: [11.0.0.0/8]"), Cloud(bad)),
        })
        {
            Assert.True(agent.Result.IsAccepted);
            Assert.False(agent.Result.UsesDefaults);
            Assert.Equal(["169.254.0.0/16", "11.0.0.0/8"], Returned(agent));
            var notice = Assert.Single(agent.Slice.Notices);
            Assert.Equal((Severity.Error, "ConfigurationFileRefused"), (notice.Severity, notice.Reason));
            Assert.StartsWith("/etc/config/ip-masq-agent-cloud", notice.Message);
            Assert.Contains(why, notice.Message);
            Assert.EndsWith("(the file is left out)", notice.Message);
        }
    }

    [Fact]
    public void A_file_that_goes_bad_later_keeps_counting_as_it_was_until_it_is_good_or_gone()
    {
        var agent = Agent.WithFiles(Cloud("nonMasqueradeCIDRs: [10.0.0.0/8]"), User("nonMasqueradeCIDRs: [11.0.0.0/8]"));

        agent.Configure(new PluginConfiguration { Files = [Cloud("nonMasqueradeCIDRs: [12.0.0.0/8]"), User("{*")] });
        Assert.True(agent.Result.IsAccepted);
        Assert.Equal(["169.254.0.0/16", "12.0.0.0/8", "11.0.0.0/8"], Returned(agent));
        Assert.Contains(agent.Slice.Notices, n => n.Message.EndsWith("(its last good version stays in force)"));

        agent.Configure(new PluginConfiguration { Files = [Cloud("nonMasqueradeCIDRs: [12.0.0.0/8]"), User("masqLinkLocal: nonsense")] });
        Assert.Equal(["169.254.0.0/16", "12.0.0.0/8", "11.0.0.0/8"], Returned(agent));

        agent.Configure(new PluginConfiguration { Files = [Cloud("nonMasqueradeCIDRs: [12.0.0.0/8]"), User("nonMasqueradeCIDRs: [13.0.0.0/8]")] });
        Assert.Equal(["169.254.0.0/16", "12.0.0.0/8", "13.0.0.0/8"], Returned(agent));
        Assert.Empty(agent.Slice.Notices);

        agent.Configure(new PluginConfiguration { Files = [Cloud("nonMasqueradeCIDRs: [12.0.0.0/8]"), Documents.Missing("/etc/config/ip-masq-agent-user")] });
        Assert.Equal(["169.254.0.0/16", "12.0.0.0/8"], Returned(agent));
    }

    [Fact]
    public void When_every_file_is_bad_from_the_start_the_defaults_hold()
    {
        var agent = Agent.WithFiles(Cloud("{*"), User("*"));

        Assert.False(agent.Result.IsAccepted);
        Assert.True(agent.Result.UsesDefaults);
        Assert.Equal(Agent.With(null).Save(IpFamily.IPv4), agent.Save(IpFamily.IPv4));
    }

    [Fact]
    public void The_limit_is_each_files_own()
    {
        string Ranges(int first) => "nonMasqueradeCIDRs: [" + string.Join(", ", Enumerable.Range(first, 64).Select(i => $"10.{i}.0.0/16")) + "]";

        Assert.Equal(129, Returned(Agent.WithFiles(Cloud(Ranges(0)), User(Ranges(100)))).Length);
    }

    [Fact]
    public void Inline_configuration_is_what_a_file_stands_on()
    {
        var agent = new Agent();
        var inline = Documents.Parse("nonMasqueradeCIDRs: [11.0.0.0/8]\nmasqueradeCIDRs: [8.8.8.8/32]\n");

        agent.Configure(new PluginConfiguration { Inline = inline });
        Assert.Equal(["169.254.0.0/16", "11.0.0.0/8"], Returned(agent));

        agent.Configure(new PluginConfiguration { Inline = inline, Files = [User("nonMasqueradeCIDRs: [12.0.0.0/8]")] });
        Assert.Equal(["169.254.0.0/16", "12.0.0.0/8"], Returned(agent));
        Assert.StartsWith("-d 8.8.8.8/32", agent.Rules(IpFamily.IPv4)[0]);

        agent.Configure(new PluginConfiguration { Inline = inline, Files = [User("nonMasqueradeCIDRs: [12.0.0.0/8]"), Documents.Missing("x")] });
        Assert.Equal(["169.254.0.0/16", "11.0.0.0/8", "12.0.0.0/8"], Returned(agent));
    }
}
