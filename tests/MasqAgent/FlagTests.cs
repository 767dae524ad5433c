using NetAgent.Contracts;

namespace NetAgent.MasqAgent.Tests;

public class FlagTests
{
    [Theory]
    [InlineData("--enable-ipv6")]
    [InlineData("-enable-ipv6")]
    [InlineData("--enable-ipv6=true")]
    [InlineData("--enable-ipv6=T")]
    [InlineData("--enable-ipv6=1")]
    [InlineData("--enable_ipv6")]
    [InlineData("--enable-ipv6=false", "--enable-ipv6")]
    public void Switches_are_on_in_every_form_that_Go_takes(params string[] arguments)
    {
        var agent = Agent.With(null, arguments);

        Assert.DoesNotContain(agent.Result.Problems, p => p.Source == "args");
        Assert.NotEmpty(agent.Rules(IpFamily.IPv6));
    }

    [Theory]
    [InlineData("--enable-ipv6=false")]
    [InlineData("--enable-ipv6=0")]
    [InlineData("--", "--enable-ipv6")]
    public void Switches_are_off_otherwise(params string[] arguments)
    {
        var agent = Agent.With(null, arguments);

        Assert.True(agent.Result.IsAccepted);
        Assert.Empty(agent.Rules(IpFamily.IPv6));
    }

    [Theory]
    [InlineData("--masq-chain=MY-MASQ")]
    [InlineData("--masq-chain", "MY-MASQ")]
    [InlineData("-masq-chain", "MY-MASQ")]
    [InlineData("-masq-chain=MY-MASQ")]
    [InlineData("--masq-chain=OTHER", "--masq-chain=MY-MASQ")]
    public void Values_follow_an_equals_sign_or_the_flag(params string[] arguments)
    {
        var agent = Agent.With(null, arguments);

        Assert.Equal("MY-MASQ", Assert.Single(agent.Slice.Chains.Rows).Key.Name);
        Assert.EndsWith("to our custom MY-MASQ chain\" -m addrtype ! --dst-type LOCAL -j MY-MASQ", Assert.Single(agent.Slice.Jumps.Rows).Key.Rule);
    }

    [Theory]
    [InlineData("--v=2")]
    [InlineData("-v=2")]
    [InlineData("-v2")]
    [InlineData("--v", "2")]
    [InlineData("--logtostderr=false")]
    [InlineData("--logtostderr")]
    [InlineData("--stderrthreshold", "INFO")]
    [InlineData("--log_dir=/tmp")]
    [InlineData("--log-backtrace-at", ":0")]
    [InlineData("--version")]
    public void Logging_flags_are_ignored_with_a_word(params string[] arguments)
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [10.0.0.0/8]", arguments);

        var problem = Assert.Single(agent.Result.Problems);
        Assert.False(problem.IsError);
        Assert.StartsWith("ignored", problem.Message);
        Assert.Empty(agent.Slice.Notices);
    }

    [Theory]
    [InlineData("--enable-ip6", "did you mean --enable-ipv6?")]
    [InlineData("--to-port=1", "did you mean --to-ports?")]
    [InlineData("--bananas", "known here: --masq-chain")]
    [InlineData("--enable-ipv6=maybe", "neither true nor false")]
    [InlineData("--random-fully=", "neither true nor false")]
    [InlineData("--to-ports=70000", "'70000' is not within 1 to 65535; write it as in --to-ports=1024-29999,32768-65535")]
    [InlineData("--to-ports=0", "not within 1 to 65535")]
    [InlineData("--to-ports=42-41", "41-42 would be right")]
    [InlineData("--resync-interval=0", "whole number of seconds above 0")]
    [InlineData("--resync-interval=5s", "whole number of seconds above 0")]
    public void A_wrong_flag_is_refused_with_what_would_be_right_and_all_else_holds(string argument, string message)
    {
        const string file = "nonMasqueradeCIDRs: [10.1.0.0/16]";
        string[] good = ["--masq-chain=MINE", "--to-ports=1024-2047"];
        var agent = Agent.With(file, [good[0], argument, good[1]]);

        var problem = Assert.Single(agent.Result.Problems, p => p.IsError);
        Assert.Equal("args", problem.Source);
        Assert.Contains(message, problem.Message);
        Assert.True(agent.Result.UsesDefaults);
        Assert.Equal(Agent.With(file, good).Save(IpFamily.IPv4), agent.Save(IpFamily.IPv4));
        var notice = Assert.Single(agent.Slice.Notices, n => n.Severity == Severity.Error);
        Assert.Equal("FlagRefused", notice.Reason);
        Assert.Contains(message, notice.Message);
        Assert.EndsWith("(the other flags and the configuration are in force; this one counts as not given)", notice.Message);
    }

    [Theory]
    [InlineData("--masq-chain", "the flag needs a value")]
    [InlineData("--masq-chain=", "cannot name a chain")]
    [InlineData("--masq-chain=A B", "cannot name a chain")]
    [InlineData("--masq-chain=-A", "cannot name a chain")]
    [InlineData("--masq-chain=POSTROUTING", "cannot name a chain")]
    [InlineData("--masq-chain=INPUT", "cannot name a chain")]
    [InlineData("--masq-chain=MASQUERADE", "cannot name a chain")]
    [InlineData("--masq-chain=THIS-NAME-IS-TWENTY-NINE-LONG", "1 to 28")]
    [InlineData("--masq-chain=KUBE-POSTROUTING", "'KUBE-POSTROUTING' is a chain of kube-proxy or kubelet")]
    [InlineData("--masq-chain=KUBE-SERVICES", "is a chain of kube-proxy or kubelet")]
    [InlineData("--masq-chain=cali-nat-outgoing", "is a chain of Calico")]
    [InlineData("--masq-chain=DOCKER", "is a chain of Docker")]
    public void A_chain_that_cannot_be_ours_is_refused_and_none_is_guessed(string argument, string message)
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [10.1.0.0/16]", "--enable-ipv6", argument);

        Assert.Contains(message, Assert.Single(agent.Result.Problems, p => p.IsError).Message);
        Assert.False(agent.Result.UsesDefaults);
        Assert.Empty(agent.Slice.Chains.Rows);
        Assert.Empty(agent.Slice.Jumps.Rows);
        // The host refuses the plugin and says so with the problem; a notice would be the same word twice.
        Assert.Empty(agent.Slice.Notices);
        Assert.DoesNotContain(agent.Result.Claims.Chains, c => argument.EndsWith(c.Pattern, StringComparison.Ordinal));
    }

    [Fact]
    public void A_bad_chain_later_leaves_the_last_good_configuration_in_force()
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [10.1.0.0/16]", "--masq-chain=MINE");
        var before = agent.Save(IpFamily.IPv4);
        agent.Configure(Documents.File("nonMasqueradeCIDRs: [10.2.0.0/16]"), "--masq-chain=KUBE-MARK-MASQ");

        Assert.Equal(before, agent.Save(IpFamily.IPv4));
        Assert.Equal("ConfigurationRefused", Assert.Single(agent.Slice.Notices, n => n.Severity == Severity.Error).Reason);
    }

    [Theory]
    [InlineData("1024-2000,1500-3000", "1024-2000 and 1500-3000 overlap")]
    [InlineData("5000-6000,1000-9000,9000", "1000-9000 and 5000-6000 overlap|1000-9000 and 9000 overlap")]
    [InlineData("1024-2000,2001-3000", "")]
    public void Overlapping_ports_are_reported_and_taken(string ports, string messages)
    {
        var agent = Agent.With(null, "--to-ports=" + ports);

        Assert.True(agent.Result.IsAccepted);
        var said = agent.Result.Problems.Where(p => p.Path == "--to-ports").Select(p => p.ToString()).ToArray();
        var expected = messages.Split('|', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected.Length, said.Length);
        Assert.All(expected.Zip(said), pair => Assert.Contains(pair.First, pair.Second));
    }

    [Fact]
    public void A_chain_name_of_28_characters_fits()
    {
        Assert.True(Agent.With(null, "--masq-chain=" + new string('A', 28)).Result.IsAccepted);
    }

    [Fact]
    public void A_stray_value_after_a_switch_is_warned_about()
    {
        var agent = Agent.With(null, "--enable-ipv6", "false", "--masq-chain=X");

        Assert.Contains(agent.Result.Problems, p => p is { IsError: false, Source: "args" } && p.Message.Contains("'false' belongs to no flag"));
        Assert.Equal(2, agent.Slice.Chains.Rows.Count(c => c.Key.Name == "X"));
    }

    [Fact]
    public void Version_2s_interval_in_seconds_counts_until_the_file_says_otherwise()
    {
        Assert.Equal(TimeSpan.FromSeconds(7), Agent.With(null, "--resync-interval=7").Result.Period);
        Assert.Equal(TimeSpan.FromSeconds(9), Agent.With("resyncInterval: 9s", "--resync-interval", "7").Result.Period);
    }

    [Fact]
    public void Good_flags_hold_while_the_file_is_bad()
    {
        var agent = Agent.With("nonMasqueradeCIDRs: [nonsense]", "--masq-chain=MINE", "--enable-ipv6", "--nomasq-all-reserved-ranges");

        Assert.True(agent.Result.UsesDefaults);
        Assert.Equal(["MINE", "MINE"], agent.Slice.Chains.Rows.Select(c => c.Key.Name));
        Assert.Equal(13, agent.Rules(IpFamily.IPv4).Count);
    }
}
