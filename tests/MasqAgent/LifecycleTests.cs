using NetAgent.Contracts;

namespace NetAgent.MasqAgent.Tests;

/// <summary>From one configuration to the next.</summary>
public class LifecycleTests
{
    [Fact]
    public void A_bad_file_after_a_good_one_leaves_the_good_one_in_force_and_says_so_until_mended()
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [10.244.0.0/16]\nresyncInterval: 5s", "--masq-chain=MINE");
        var before = agent.Save(IpFamily.IPv4);

        agent.Configure(Documents.File("nonMasqueradeCIDRs: [10.244.0.1/16]"), "--masq-chain=OTHER");

        Assert.False(agent.Result.IsAccepted);
        Assert.False(agent.Result.UsesDefaults);
        Assert.Equal(TimeSpan.FromSeconds(5), agent.Result.Period);
        Assert.Equal(before, agent.Save(IpFamily.IPv4));
        var notice = Assert.Single(agent.Slice.Notices);
        Assert.Equal("ConfigurationRefused", notice.Reason);
        Assert.Contains("write 10.244.0.0/16 (the last good configuration stays in force)", notice.Message);

        agent.Configure(Documents.File("nonMasqueradeCIDRs: [10.244.0.0/16]"), "--masq-chain=MINE");
        Assert.Empty(agent.Slice.Notices);
        Assert.Equal(before, agent.Save(IpFamily.IPv4));
    }

    [Fact]
    public void Defaults_after_a_bad_start_are_not_a_good_configuration()
    {
        var agent = Agent.With("*");

        agent.Configure(Documents.File("{*"), "--enable-ipv6");

        Assert.True(agent.Result.UsesDefaults);
        Assert.NotEmpty(agent.Rules(IpFamily.IPv6));
        Assert.Contains("10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and link-local keep their source", Assert.Single(agent.Slice.Notices).Message);
    }

    [Fact]
    public void That_there_is_no_file_and_what_is_ignored_is_information_and_an_unknown_key_is_not()
    {
        var none = Agent.With(null, "--v=2").Result.Problems;
        Assert.Equal(2, none.Count);
        Assert.All(none, p => Assert.Equal(Severity.Information, p.Severity));

        Assert.Equal(Severity.Warning, Assert.Single(Agent.With("nonMasqueradeCIDR: [10.0.0.0/8]").Result.Problems).Severity);
        Assert.All(Agent.With("nonMasqueradeCIDRs: [10.0.0.1/8]").Result.Problems, p => Assert.NotEqual(Severity.Information, p.Severity));
    }

    [Fact]
    public void A_file_that_vanishes_means_the_defaults_again()
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [10.244.0.0/16]");

        agent.Configure(Documents.Missing());

        Assert.True(agent.Result.IsAccepted);
        Assert.Equal(Agent.With(null).Save(IpFamily.IPv4), agent.Save(IpFamily.IPv4));
    }

    [Fact]
    public void Chains_of_the_past_stay_claimed_so_that_they_go()
    {
        var agent = Agent.With(null, "--masq-chain=FIRST");

        agent.Configure(Documents.Missing(), "--masq-chain=SECOND");

        Assert.Equal(["FIRST", "IP-MASQ-AGENT", "SECOND"], agent.Result.Claims.Chains.Select(c => c.Pattern));
        Assert.All(agent.Result.Claims.Chains, c => Assert.Equal("nat", c.Table));
        Assert.Equal(["FIRST", "IP-MASQ-AGENT", "SECOND"], agent.Result.Claims.Jumps.Select(j => j.Target));
        Assert.All(agent.Result.Claims.Jumps, j => Assert.Equal(("nat", "POSTROUTING"), (j.Table, j.Parent)));
        Assert.Equal("SECOND", Assert.Single(agent.Slice.Chains.Rows).Key.Name);
    }

    [Fact]
    public void A_refused_chain_name_is_not_claimed()
    {
        var agent = Agent.With("{*", "--masq-chain=A/B");

        Assert.Equal(["IP-MASQ-AGENT"], agent.Result.Claims.Chains.Select(c => c.Pattern));
    }

    [Fact]
    public void IPv6_turned_off_takes_its_chain_and_jump_away()
    {
        var agent = Agent.With(null, "--enable-ipv6");
        Assert.Equal(2, agent.Slice.Jumps.Rows.Count);

        agent.Configure(Documents.Missing());

        Assert.Equal(IpFamily.IPv4, Assert.Single(agent.Slice.Chains.Rows).Key.Family);
        Assert.Equal(IpFamily.IPv4, Assert.Single(agent.Slice.Jumps.Rows).Key.Family);
    }

    [Fact]
    public void It_asks_for_links_and_the_nat_table()
    {
        var observations = Agent.With(null).Result.Observations;

        Assert.True(observations.Links);
        Assert.Equal<IEnumerable<string>>(["nat"], observations.IptablesTables);
    }

    [Fact]
    public void Reconciling_twice_writes_equal_rows()
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [10.0.0.0/8]\nmasqueradeCIDRs: [10.1.0.0/16]", "--to-ports=1-2,5");
        var before = agent.Slice.Chains.Rows;

        agent.Reconcile();

        Assert.Equal(before, agent.Slice.Chains.Rows);
    }
}
