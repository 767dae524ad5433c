using NetAgent.Dataplane;
using NetAgent.Host.Status;

namespace NetAgent.Host.Tests.Status;

public sealed class FailureGroupTests
{
    private static readonly FailureCause Lock = new("XtablesLock", "the xtables lock is held by process 871 (iptables)");

    [Fact]
    public void What_fails_of_one_cause_is_one_line_with_numbers_an_example_and_what_waits_for_it()
    {
        FailedRow[] failed =
        [
            new("", "chains", FailedRow.WholeTable, "iptables-restore", 0, Lock.Text, 3) { Rows = 11, Cause = Lock },
            new("", "jumps", FailedRow.WholeTable, "iptables-restore", 0, Lock.Text, 3) { Rows = 9, Cause = Lock },
            Waiting("ipvs", "virtual servers", 24),
            Waiting("ipvs", "addresses", 12),
        ];

        var group = Assert.Single(FailureGroups.Of(failed));

        Assert.Equal(("", $"{Lock.Text}; not in the kernel: 11 chains, 9 jumps; 24 virtual servers, 12 addresses wait for that"), (group.Plugin, group.Text));
        Assert.Equal(group.Key, Assert.Single(FailureGroups.Of(failed[..1])).Key);
    }

    [Fact]
    public void Two_causes_are_two_lines_each_with_its_plugin()
    {
        var module = new FailureCause("modules xt_set", "this kernel has not loaded xt_set: modprobe xt_set");
        var groups = FailureGroups.Of(
        [
            Row("ipvs", "chains", "IPv4 nat KUBE-SERVICES", 0) with { Cause = module },
            Row("ipvs", "chains", "IPv4 nat KUBE-NODE-PORT", 0) with { Cause = module },
            Row("conntrack-tuner", "sysctls", "net/netfilter/nf_conntrack_max", 30) with { Cause = new("errno 30", "read-only file system (EROFS)") },
        ]).ToArray();

        Assert.Equal(
            [
                "ipvs this kernel has not loaded xt_set: modprobe xt_set; not in the kernel: 2 chains, for example IPv4 nat KUBE-SERVICES",
                "conntrack-tuner read-only file system (EROFS); not in the kernel: 1 sysctl, for example net/netfilter/nf_conntrack_max",
            ],
            groups.Select(group => $"{group.Plugin} {group.Text}"));
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(4, 1)]
    [InlineData(5000, 1)]
    public void Rows_of_a_kind_that_fail_alike_are_told_one_by_one_while_they_are_few(int rows, int lines)
    {
        var failed = Enumerable.Range(0, rows).Select(i => Row("ipvs", "virtual servers", $"10.96.0.{i}:80/TCP", 22)).ToArray();

        var groups = FailureGroups.Of(failed).ToArray();

        Assert.Equal(lines, groups.Length);
        Assert.Equal(lines, groups.Select(group => group.Key).Distinct().Count());
        Assert.Contains("10.96.0.0:80/TCP", groups[0].Text, StringComparison.Ordinal);
        Assert.Equal(lines == 1, groups[0].Text.StartsWith($"{rows} virtual servers are refused", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("virtual servers", "1 virtual server waits for chain IPv4 nat KUBE-SERVICES")]
    [InlineData("addresses", "1 address waits for chain IPv4 nat KUBE-SERVICES")]
    [InlineData("ipset entries", "1 ipset entry waits for chain IPv4 nat KUBE-SERVICES")]
    public void One_row_is_one(string table, string text) => Assert.Equal(text, Assert.Single(FailureGroups.Of([Waiting("ipvs", table, 1)])).Text);

    [Fact]
    public void What_only_waits_is_told_where_nothing_was_refused()
    {
        Assert.Equal("24 virtual servers wait for chain IPv4 nat KUBE-SERVICES", Assert.Single(FailureGroups.Of([Waiting("ipvs", "virtual servers", 24)])).Text);
        Assert.Empty(FailureGroups.Of([new("ipvs", "virtual servers", "10.96.0.1:80/TCP", "conflict", 0, "older claim", 0) { Kind = FailureKind.Conflict }]));
    }

    private static FailedRow Row(string plugin, string table, string key, int errno) => new(plugin, table, key, "add", errno, "refused", 1);

    private static FailedRow Waiting(string plugin, string table, int rows) =>
        new(plugin, table, "chain IPv4 nat KUBE-SERVICES", "waiting", 0, "wait", 0) { Kind = FailureKind.Waiting, Rows = rows };
}
