using NetAgent.Contracts;

namespace NetAgent.MasqAgent.Tests;

public class ForeignChainTests
{
    private const string Foreign = "-A POSTROUTING -j MY-SNAT\n-A MY-SNAT -s 198.51.100.0/24 -j SNAT --to-source 192.0.2.9";

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public void A_chain_of_somebody_else_is_not_taken_over(IpFamily family)
    {
        var agent = Agent.With(null);
        Assert.Throws<InvalidOperationException>(() => Name(agent, family, "MY-SNAT"));

        // What was written before stays.
        Assert.Equal("IP-MASQ-AGENT", Assert.Single(agent.Slice.Chains.Rows).Key.Name);
        agent.Configure(Documents.Missing(), "--masq-chain=MINE");
        Assert.DoesNotContain(agent.Result.Claims.Chains, claim => claim.Pattern == "MY-SNAT");
        Assert.Equal("MINE", Assert.Single(agent.Slice.Chains.Rows).Key.Name);
    }

    [Fact]
    public void The_refusal_names_flag_chain_and_rule()
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Name(Agent.With(null), IpFamily.IPv4, "MY-SNAT"));
        Assert.StartsWith("--masq-chain=MY-SNAT: this chain is somebody else's: its IPv4 rules in table nat are not ip-masq-agent's (-A MY-SNAT -s 198.51.100.0/24", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-A MY-SNAT -d 169.254.0.0/16 -m comment --comment \"ip-masq-agent: local traffic is not subject to MASQUERADE\" -j RETURN")]
    [InlineData("-A MY-SNAT -j ACCEPT\n-A MY-SNAT -d 9.0.0.0/8 -m comment --comment \"netagent: masqueradeCIDRs are always subject to MASQUERADE\" -j MASQUERADE")]
    [InlineData("-A POSTROUTING -j MY-SNAT")]
    [InlineData("-A MY-SNAT-2 -j ACCEPT")]
    public void A_chain_of_ip_masq_agent_an_empty_one_and_a_like_named_one_are_no_obstacle(string dump)
    {
        var agent = Agent.With(null);
        agent.SetNat(IpFamily.IPv4, dump);
        agent.Configure(Documents.Missing(), "--masq-chain=MY-SNAT");
        Assert.Equal("MY-SNAT", Assert.Single(agent.Slice.Chains.Rows).Key.Name);
    }

    [Fact]
    public void Our_own_chain_that_somebody_rewrote_is_repaired()
    {
        var agent = Agent.With(null, "--masq-chain=MY-SNAT");
        agent.SetNat(IpFamily.IPv4, Foreign);
        Assert.Equal("MY-SNAT", Assert.Single(agent.Slice.Chains.Rows).Key.Name);
    }

    private static void Name(Agent agent, IpFamily family, string chain)
    {
        agent.SetNat(family, Foreign);
        agent.Configure(Documents.Missing(), $"--masq-chain={chain}");
    }
}
