using System.Text.Json;
using NetAgent.Dataplane;
using NetAgent.Host.Commands;
using NetAgent.Host.Serving;

namespace NetAgent.Host.Tests.Serving;

public sealed class StatusTests
{
    private static readonly FailedRow Refused = new("ipvs", "virtual servers", "TCP 10.96.0.1:443", "IPVS_CMD_NEW_SERVICE", 2, "no such scheduler", 3);

    [Fact]
    public void A_row_that_the_kernel_refuses_is_shown_whole_and_the_agent_is_degraded()
    {
        var text = Show([Refused]);
        Assert.Contains("DEGRADED", text, StringComparison.Ordinal);
        Assert.Contains("TCP 10.96.0.1:443", text, StringComparison.Ordinal);
        Assert.Contains("IPVS_CMD_NEW_SERVICE", text, StringComparison.Ordinal);
        Assert.Contains("no such scheduler", text, StringComparison.Ordinal);
        Assert.DoesNotContain("more: -o json", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_refused_rows_it_is_ok() => Assert.Contains("on node-1: ok", Show([]), StringComparison.Ordinal);

    [Fact]
    public void A_row_of_a_plugin_that_is_not_required_does_not_degrade_the_agent() =>
        Assert.Contains("on node-1: ok", Show([Refused with { Plugin = "extra" }]), StringComparison.Ordinal);

    [Fact]
    public void A_conflict_is_shown_and_degrades_nothing()
    {
        var text = Show([Refused with { Operation = "conflict", Reason = "claimed earlier" }]);
        Assert.Contains("on node-1: ok", text, StringComparison.Ordinal);
        Assert.Contains("claimed earlier", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_refused_rows_some_are_shown_and_the_others_counted() =>
        Assert.Contains("and 80 more: -o json has them all", Show([.. Enumerable.Repeat(Refused, 100)]), StringComparison.Ordinal);

    private static string Show(FailedRow[] failed)
    {
        var snapshot = new AgentSnapshot
        {
            NodeName = "node-1",
            IsClusterComplete = true,
            IsNodeKnown = true,
            Plugins = [new() { Name = "ipvs", IsRequired = true }, new() { Name = "extra", IsRequired = false }],
            Dataplane = new([], failed, [], [], 0, null, null),
        };
        using var json = JsonDocument.Parse(JsonBody.Text(writer => StatusJson.Write(writer, snapshot)));
        using var output = new StringWriter();
        StatusText.Write(json.RootElement, output);
        return output.ToString();
    }
}
