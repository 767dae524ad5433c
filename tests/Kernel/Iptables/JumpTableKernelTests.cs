using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Tables;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Iptables;

[Trait("Category", "Kernel")]
public sealed class JumpTableKernelTests
{
    private readonly List<RowRefusal> _refusals = [];

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void Jumps_stand_in_kube_proxys_order_before_and_after_foreign_rules(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var tool = WithChains(backend, family, "NA-A", "NA-B", "NA-C");
        tool.Restore(RestoreText.Of([new(0, "filter", "INPUT", [], ["-A INPUT -m comment --comment foreign -j ACCEPT"], [])]));
        var table = new JumpTable(Backend.View(tool));
        Apply(table, Add(family, "-j NA-C", JumpPosition.First, 3), Add(family, "-j NA-A", JumpPosition.First, 1), Add(family, "-j NA-B", JumpPosition.First, 2),
            Add(family, "-p udp -j NA-B", JumpPosition.Last, 2), Add(family, "-p udp -j NA-A", JumpPosition.Last, 1));
        Assert.Equal(
            ["-j NA-A", "-j NA-B", "-j NA-C", "-m comment --comment foreign -j ACCEPT", "-p udp -j NA-A", "-p udp -j NA-B"],
            tool.Save("filter").Chains["INPUT"].Rules);
        var row = table.Read()[new(family, "filter", "INPUT", "-p udp -j NA-B")];
        Assert.Equal((JumpPosition.Last, 2), (row.Position, row.Order));
    });

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void A_jump_that_is_there_is_left_where_it_is(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var tool = WithChains(backend, family, "NA-A", "NA-B");
        var table = new JumpTable(Backend.View(tool));
        Apply(table, Add(family, "-j NA-A", JumpPosition.First, 0));
        Apply(new JumpTable(Backend.View(tool)), Add(family, "-j NA-B", JumpPosition.First, 0));
        var before = tool.Executions;
        Apply(new JumpTable(Backend.View(tool)), Add(family, "--jump NA-A", JumpPosition.First, 0));
        Assert.Equal(before + 1, tool.Executions);
        Assert.Equal(["-j NA-B", "-j NA-A"], tool.Save("filter").Chains["INPUT"].Rules);
    });

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void Old_comments_and_copies_are_rows_of_their_own_and_can_go(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var tool = WithChains(backend, family, "IP-MASQ-AGENT");
        const string Comment = "ip-masq-agent: ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom IP-MASQ-AGENT chain";
        const string Plain = $"-m comment --comment \"{Comment}\" -m addrtype ! --dst-type LOCAL -j IP-MASQ-AGENT";
        const string Quoted = $"-m comment --comment \"\\\"{Comment}\\\"\" -m addrtype ! --dst-type LOCAL -j IP-MASQ-AGENT";
        tool.Restore(RestoreText.Of([new(0, "nat", "POSTROUTING", [":IP-MASQ-AGENT - [0:0]"],
            [$"-A POSTROUTING {Quoted}", $"-A POSTROUTING {Plain}", "-A POSTROUTING -j MASQUERADE", $"-A POSTROUTING {Plain}", $"-A POSTROUTING {Plain}"], [])]));
        var table = new JumpTable(Backend.View(tool));
        var rows = table.Read().Values.Where(r => RuleText.TargetOf(r.Key.Rule) == "IP-MASQ-AGENT").ToList();
        Assert.Equal([Quoted, Plain, Plain + " #2", Plain + " #3"], rows.Select(r => r.Key.Rule).Order(StringComparer.Ordinal));
        Apply(table, [.. rows.Where(r => r.Key.Rule != Plain).Select(r => new RowChange<Jump>(RowChangeKind.Remove, r, r))]);
        Assert.Equal(["-j MASQUERADE", Plain], tool.Save("nat").Chains["POSTROUTING"].Rules);
    });

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void Removing_a_jump_removes_its_copies_and_removing_what_is_gone_succeeds(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var tool = WithChains(backend, family, "NA-A");
        tool.Restore(RestoreText.Of([new(0, "filter", "INPUT", [], ["-A INPUT -j NA-A", "-A INPUT -j NA-A"], [])]));
        var table = new JumpTable(Backend.View(tool));
        Apply(table, [.. table.Read().Values.Select(r => new RowChange<Jump>(RowChangeKind.Remove, r, r))]);
        Assert.Empty(tool.Save("filter").Chains["INPUT"].Rules);
        Apply(table, new RowChange<Jump>(RowChangeKind.Remove, new(new(family, "filter", "INPUT", "-j NA-A"), JumpPosition.First), default));
    });

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void A_jump_in_another_spelling_is_one_row_and_is_not_removed_under_its_kernel_name(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var tool = WithChains(backend, family, "NA-A");
        var table = new JumpTable(Backend.View(tool));
        var wanted = Add(family, "-m comment --comment \"one\" -j NA-A", JumpPosition.Last, 0);
        Apply(table, wanted);
        Assert.Equal(wanted.Row, Assert.Single(table.Read()).Value);
        var restarted = new JumpTable(Backend.View(tool));
        var kernel = Assert.Single(restarted.Read()).Value;
        Assert.Equal("-m comment --comment one -j NA-A", kernel.Key.Rule);
        Apply(restarted, wanted, new RowChange<Jump>(RowChangeKind.Remove, kernel, kernel));
        Assert.Equal(wanted.Row, Assert.Single(restarted.Read()).Value);
        Apply(restarted, new RowChange<Jump>(RowChangeKind.Remove, wanted.Row, wanted.Row));
        Assert.Empty(restarted.Read());
    });

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void A_jump_to_a_chain_that_is_not_there_is_refused_alone(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var tool = WithChains(backend, family, "NA-A");
        var table = new JumpTable(Backend.View(tool));
        table.Apply([Add(family, "-j NA-NONE", JumpPosition.First, 0), Add(family, "-j NA-A", JumpPosition.First, 1)], _refusals);
        var refusal = Assert.Single(_refusals);
        Assert.Equal(0, refusal.Index);
        Assert.Contains("NA-NONE", refusal.Reason, StringComparison.Ordinal);
        Assert.Equal(["-j NA-A"], tool.Save("filter").Chains["INPUT"].Rules);
    });

    private static IptablesTool WithChains(string backend, IpFamily family, params string[] chains)
    {
        var tool = Backend.Tool(backend, family);
        Assert.Null(tool.Restore(RestoreText.Of([new(0, "filter", "INPUT", [.. chains.Select(c => $":{c} - [0:0]")], [], [])])));
        return tool;
    }

    private static RowChange<Jump> Add(IpFamily family, string rule, JumpPosition position, int order) =>
        new(RowChangeKind.Add, new(new(family, "filter", "INPUT", rule), position) { Order = order }, default);

    private void Apply(JumpTable table, params RowChange<Jump>[] changes)
    {
        table.Apply(changes, _refusals);
        Assert.Empty(_refusals);
    }
}
