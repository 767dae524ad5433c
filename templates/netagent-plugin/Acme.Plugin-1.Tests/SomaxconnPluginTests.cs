using NetAgent.Contracts;
using NetAgent.TestKit;

namespace Acme.Plugin_1.Tests;

public sealed class SomaxconnPluginTests
{
    private readonly SomaxconnPlugin _plugin = new();
    private readonly InMemorySlice _slice = new();

    [Fact]
    public void The_value_of_the_configuration_is_wanted()
    {
        Assert.True(Configure("8192").IsAccepted);
        Reconcile();

        Assert.Equal([new Sysctl("net/core/somaxconn", "8192") { Rule = SysctlRule.AtLeast }], _slice.Sysctls.Rows);
    }

    [Fact]
    public void A_bad_value_is_refused_and_the_one_before_stays()
    {
        Configure("8192");
        Assert.Contains("'many' is not a number", Configure("many").Problems[0].Message, StringComparison.Ordinal);
        Reconcile();

        Assert.Equal("8192", _slice.Sysctls.Rows.Single().Value);
    }

    private ConfigurationResult Configure(string value)
    {
        var result = _plugin.Configure(new()
        {
            Inline = new() { Kind = ConfigNodeKind.Mapping, Entries = [new("value", 1, new() { Kind = ConfigNodeKind.Scalar, Text = value })] },
        });
        if (result.IsAccepted)
        {
            _slice.Claims = result.Claims;
        }
        return result;
    }

    private void Reconcile() => _plugin.Reconcile(
        new()
        {
            Cluster = ClusterState.Empty,
            Facts = NodeFacts.Unknown,
            Changed = ClusterChange.All,
            NodeName = "node-1",
            Now = DateTimeOffset.UnixEpoch,
        }, _slice, CancellationToken.None);
}
