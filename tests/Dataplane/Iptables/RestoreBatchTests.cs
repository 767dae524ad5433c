using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Tests.Iptables;

public sealed class RestoreBatchTests
{
    private readonly List<RowRefusal> _refusals = [];

    [Fact]
    public void All_blocks_of_both_tables_go_in_with_one_restore_nat_first()
    {
        var tool = new FakeIptables();
        Assert.Equal(3, new RestoreBatch(tool, _refusals).Run([Block(0, "filter", "F"), Block(1, "nat", "A"), Block(2, "nat", "B")]).Count);
        Assert.Equal("*nat\n:A - [0:0]\n:B - [0:0]\n-A A -j RETURN\n-A B -j RETURN\nCOMMIT\n*filter\n:F - [0:0]\n-A F -j RETURN\nCOMMIT\n",
            Assert.Single(tool.Restored));
    }

    [Fact]
    public void The_block_whose_line_is_named_is_left_out_and_a_new_chain_of_it_stays_empty()
    {
        var tool = new FakeIptables { Answer = text => Complain(text, "-A BAD", line => $"unknown option\nError occurred at line: {line}\n") };
        var written = new RestoreBatch(tool, _refusals).Run([Block(0, "nat", "GOOD"), Block(1, "nat", "BAD") with { IsNewChain = true }]);
        Assert.Equal([0], written.Select(b => b.Index));
        Assert.Equal(2, tool.Restored.Count);
        Assert.Contains(":BAD - [0:0]", tool.Restored[1], StringComparison.Ordinal);
        var refusal = Assert.Single(_refusals);
        Assert.Equal(1, refusal.Index);
        Assert.Contains("'-A BAD -j RETURN': unknown option", refusal.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_at_commit_is_traced_block_by_block_within_its_table()
    {
        var tool = new FakeIptables
        {
            Answer = text => text.Contains("-A BAD", StringComparison.Ordinal) ? Complain(text, "COMMIT", line => $"iptables-restore: line {line} failed") : null,
        };
        var written = new RestoreBatch(tool, _refusals).Run([Block(0, "nat", "A"), Block(1, "nat", "BAD"), Block(2, "nat", "C"), Block(3, "filter", "F")]);
        Assert.Equal([0, 2, 3], written.Select(b => b.Index).Order());
        Assert.Equal(1, Assert.Single(_refusals).Index);
    }

    [Fact]
    public void A_held_lock_is_no_rows_fault_and_ends_the_batch()
    {
        var tool = new FakeIptables { Answer = _ => throw new KernelException("iptables-restore", 0, "held") { Cause = new("XtablesLock", "held") } };
        Assert.Throws<KernelException>(() => new RestoreBatch(tool, _refusals).Run([Block(0, "nat", "A"), Block(1, "nat", "B")]));
        Assert.Single(tool.Restored);
        Assert.Empty(_refusals);
    }

    [Theory]
    [InlineData(4, "Another app is currently holding the xtables lock. Stopped waiting after 5s.\n", true)]
    [InlineData(4, "Fatal: can't open lock file /run/xtables.lock: Read-only file system\n", true)]
    [InlineData(4, "iptables-restore v1.8.9 (nf_tables): line 4: RULE_APPEND failed (Too many links): rule in chain A\n", false)]
    [InlineData(2, "iptables-restore v1.8.9 (legacy): unknown option \"--comment=lock file\"\n", false)]
    public void The_lock_is_known_by_the_exit_code_of_a_lacking_resource(int exitCode, string stderr, bool isLock) =>
        Assert.Equal(isLock, RestoreError.Parse(exitCode, stderr).IsLock);

    [Fact]
    public void A_table_that_the_kernel_lacks_does_not_stop_the_other()
    {
        var tool = new FakeIptables { Answer = text => Complain(text, "*nat", line => $"unable to initialize table 'nat'\n\nError occurred at line: {line}\n") };
        Assert.Equal([1], new RestoreBatch(tool, _refusals).Run([Block(0, "nat", "A"), Block(1, "filter", "F")]).Select(b => b.Index));
        Assert.Equal(0, Assert.Single(_refusals).Index);
    }

    [Fact]
    public void A_tool_that_does_not_run_is_told_for_each_row()
    {
        var tool = new FakeIptables { Answer = _ => throw new KernelException("iptables-restore", 2, "cannot be started") };
        Assert.Empty(new RestoreBatch(tool, _refusals).Run([Block(0, "nat", "A"), Block(1, "nat", "B")]));
        Assert.All(_refusals, r => Assert.Equal(2, r.Errno));
    }

    [Theory]
    [InlineData("iptables-nft-restore v1.8.9 (nf_tables): \nline 4: RULE_APPEND failed (Invalid argument): rule in chain PREROUTING\n", 4, "PREROUTING", 22)]
    [InlineData("iptables-nft-restore v1.8.9 (nf_tables): \nline 3: CHAIN_DEL failed (Device or resource busy): chain T1\n", 3, "T1", 16)]
    [InlineData("Ignoring deprecated --wait-interval option.\niptables-restore: line 3 failed\n", 3, null, 0)]
    [InlineData("iptables-restore v1.8.9 (legacy): Set NOSET doesn't exist.\n\nError occurred at line: 3\nTry `iptables-restore -h' for more\n", 3, null, 0)]
    public void What_the_tools_say_is_understood(string stderr, int line, string? chain, int errno)
    {
        var error = RestoreError.Parse(1, stderr);
        Assert.Equal((line, chain, errno, false), (error.Line, error.Chain, error.Errno, error.IsLock));
        Assert.DoesNotContain("Try `", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("deprecated", error.Message, StringComparison.Ordinal);
    }

    private static RestoreBlock Block(int index, string table, string chain) =>
        new(index, table, chain, [$":{chain} - [0:0]"], [$"-A {chain} -j RETURN"], []);

    private static RestoreError? Complain(string text, string start, Func<int, string> say)
    {
        var line = Array.FindIndex(text.Split('\n'), l => l.StartsWith(start, StringComparison.Ordinal));
        return line < 0 ? null : RestoreError.Parse(2, say(line + 1));
    }
}
