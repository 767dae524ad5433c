using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Tables;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Iptables;

[Trait("Category", "Kernel")]
public sealed class ChainTableKernelTests
{
    private readonly List<RowRefusal> _refusals = [];

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void Chains_of_both_tables_go_in_with_one_restore_and_read_back_equal(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var tool = Backend.Tool(backend, family);
        var table = new ChainTable(Backend.View(tool));
        var services = Chain(family, "nat", "NA-SERVICES", "-j NA-MARK", "-m comment --comment \"two words\" -j RETURN");
        var mark = Chain(family, "nat", "NA-MARK", "-j MARK --set-xmark 0x4000/0x4000");
        var forward = Chain(family, "filter", "NA-FORWARD", "-m mark --mark 0x4000/0x4000 -j ACCEPT");
        Apply(table, Add(services), Add(mark), Add(forward));
        Assert.Equal(1, tool.Executions);
        var rows = table.Read();
        Assert.Equal(services, rows[services.Key]);
        Assert.Equal(mark, rows[mark.Key]);
        Assert.Equal(forward, rows[forward.Key]);
        Apply(table);
        Assert.Equal(3, tool.Executions);
    });

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void A_bad_chain_does_not_stop_the_others_and_keeps_its_old_rules(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var table = new ChainTable(Backend.View(Backend.Tool(backend, family)));
        var before = Chain(family, "nat", "NA-BAD", "-j RETURN");
        Apply(table, Add(before));
        _refusals.Clear();
        var good = Chain(family, "nat", "NA-GOOD", "-j NA-NEWBAD");
        table.Apply(
            [
                new(RowChangeKind.Replace, Chain(family, "nat", "NA-BAD", "-j RETURN", "--no-such-option 1 -j RETURN"), before),
                Add(good),
                Add(Chain(family, "nat", "NA-NEWBAD", "-m set --match-set NA-NOWHERE dst -j RETURN")),
                Add(Chain(family, "filter", "NA-ELSE", "-j RETURN")),
            ], _refusals);
        Assert.Equal([0, 2], _refusals.Select(r => r.Index).Order());
        Assert.Contains("--no-such-option", _refusals.Single(r => r.Index == 0).Reason, StringComparison.Ordinal);
        Assert.Contains("NA-N", _refusals.Single(r => r.Index == 2).Reason, StringComparison.Ordinal);
        var rows = table.Read();
        Assert.Equal(before, rows[before.Key]);
        Assert.Equal(good, rows[good.Key]);
        Assert.Contains(new ChainKey(family, "filter", "NA-ELSE"), rows.Keys);
    });

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void A_chain_that_the_kernel_refuses_at_commit_is_found_among_good_ones(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var tool = Backend.Tool(backend, family);
        var table = new ChainTable(Backend.View(tool));
        Apply(table, Add(Chain(family, "nat", "NA-A", "-j RETURN")));
        Apply(new JumpTable(Backend.View(tool)), family, "PREROUTING", "-j NA-A");
        // MASQUERADE cannot be reached from PREROUTING: only the kernel knows, when all is put together.
        table.Apply(
            [
                new(RowChangeKind.Replace, Chain(family, "nat", "NA-A", "-j MASQUERADE"), Chain(family, "nat", "NA-A", "-j RETURN")),
                Add(Chain(family, "nat", "NA-B", "-j RETURN")),
                Add(Chain(family, "nat", "NA-C", "-j NA-B")),
            ], _refusals);
        Assert.Equal(0, Assert.Single(_refusals).Index);
        var rows = table.Read();
        Assert.Equal(["-j RETURN"], rows[new(family, "nat", "NA-A")].Rules);
        Assert.Equal(["-j NA-B"], rows[new(family, "nat", "NA-C")].Rules);
    });

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void Chains_that_name_each_other_are_removed_together(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var table = new ChainTable(Backend.View(Backend.Tool(backend, family)));
        var a = Chain(family, "nat", "NA-A", "-j NA-B");
        var b = Chain(family, "nat", "NA-B", "-p tcp -j NA-C");
        var c = Chain(family, "nat", "NA-C");
        Apply(table, Add(a), Add(b), Add(c));
        Apply(table, Remove(c), Remove(b), Remove(a), Remove(Chain(family, "nat", "NA-GONE")));
        Assert.DoesNotContain(table.Read().Keys, k => k.Name.StartsWith("NA-", StringComparison.Ordinal));
    });

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void A_chain_in_use_by_a_foreign_rule_stays_whole_and_the_rule_is_named(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var tool = Backend.Tool(backend, family);
        var table = new ChainTable(Backend.View(tool));
        var used = Chain(family, "nat", "NA-USED", "-j RETURN");
        var free = Chain(family, "nat", "NA-FREE", "-j NA-USED");
        Apply(table, Add(used), Add(free));
        Apply(new JumpTable(Backend.View(tool)), family, "POSTROUTING", "-m comment --comment foreign -j NA-USED");
        table.Apply([Remove(used), Remove(free)], _refusals);
        var refusal = Assert.Single(_refusals);
        Assert.Equal((0, 16), (refusal.Index, refusal.Errno));
        Assert.Contains("'-A POSTROUTING -m comment --comment foreign -j NA-USED'", refusal.Reason, StringComparison.Ordinal);
        var rows = table.Read();
        Assert.Equal(used, rows[used.Key]);
        Assert.DoesNotContain(free.Key, rows.Keys);
    });

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void Another_spelling_is_not_drift_neither_at_once_nor_after_a_restart(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var tool = Backend.Tool(backend, family);
        var wanted = Chain(family, "nat", "NA-X", "-m comment --comment \"one\" -j MARK --or-mark 0x00004000");
        var table = new ChainTable(Backend.View(tool));
        Apply(table, Add(wanted));
        Assert.Equal(wanted, table.Read()[wanted.Key]);
        var restarted = new ChainTable(Backend.View(tool));
        var actual = restarted.Read()[wanted.Key];
        Assert.NotEqual(wanted, actual);
        Assert.True(restarted.Satisfies(actual, wanted));
        var before = tool.Executions;
        Apply(restarted, new RowChange<Chain>(RowChangeKind.Replace, wanted, actual));
        Assert.Equal(before, tool.Executions);
        Assert.Equal(wanted, restarted.Read()[wanted.Key]);
    });

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void A_spelling_that_only_the_kernel_knows_is_learnt_with_the_second_write(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var table = new ChainTable(Backend.View(Backend.Tool(backend, family)));
        // DSCP classes are printed as numbers; the agent does not know.
        var wanted = Chain(family, "filter", "NA-X", "-m dscp --dscp-class ef -j RETURN");
        Assert.SkipWhen(!Works(table, wanted), "this kernel has no xt_dscp");
        var seen = table.Read()[wanted.Key];
        if (seen != wanted)
        {
            Apply(table, new RowChange<Chain>(RowChangeKind.Replace, wanted, seen));
        }
        Assert.Equal(wanted, table.Read()[wanted.Key]);
        Shell.Run($"{(family == IpFamily.IPv6 ? "ip6tables" : "iptables")}-{backend}", "-F", "NA-X");
        Assert.Empty(table.Read()[wanted.Key].Rules);
    });

    private static bool Works(ChainTable table, Chain chain)
    {
        var refusals = new List<RowRefusal>();
        table.Apply([Add(chain)], refusals);
        return refusals.Count == 0;
    }

    private void Apply(ChainTable table, params RowChange<Chain>[] changes)
    {
        table.Apply(changes, _refusals);
        Assert.Empty(_refusals);
    }

    private void Apply(JumpTable table, IpFamily family, string parent, string rule)
    {
        table.Apply([new(RowChangeKind.Add, new(new(family, "nat", parent, rule), JumpPosition.Last), default)], _refusals);
        Assert.Empty(_refusals);
    }

    private static Chain Chain(IpFamily family, string table, string name, params string[] rules) => new(new(family, table, name), [.. rules]);

    private static RowChange<Chain> Add(Chain chain) => new(RowChangeKind.Add, chain, default);

    private static RowChange<Chain> Remove(Chain chain) => new(RowChangeKind.Remove, chain, chain);
}
