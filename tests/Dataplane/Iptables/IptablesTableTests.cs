using NetAgent.Contracts;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Tests.Iptables;

public sealed class IptablesTableTests
{
    private readonly FakeIptables _tool = new();
    private readonly List<RowRefusal> _refusals = [];
    private readonly IptablesView _view;

    public IptablesTableTests() => _view = new([_tool], TimeProvider.System);

    [Fact]
    public void A_verification_of_chains_and_jumps_lists_each_table_once()
    {
        var chains = new ChainTable(_view);
        var jumps = new JumpTable(_view);
        chains.Read();
        jumps.Read();
        Assert.Equal(2, _tool.Saves);
        chains.Read();
        Assert.Equal(4, _tool.Saves);
    }

    [Fact]
    public void Only_tables_in_use_are_listed()
    {
        _view.InUse = [(IpFamily.IPv4, "nat")];
        new ChainTable(_view).Read();
        Assert.Equal(1, _tool.Saves);
    }

    [Theory]
    [InlineData("X", "-j RETURN\n-A INPUT -j ACCEPT")]
    [InlineData("X", "-m comment --comment \"open -j RETURN")]
    [InlineData("X Y", "-j RETURN")]
    [InlineData("A-NAME-OF-MORE-THAN-28-BYTES-1", "-j RETURN")]
    [InlineData("-X", "-j RETURN")]
    public void A_row_that_would_be_more_than_its_own_lines_never_reaches_the_tool(string name, string rule)
    {
        new ChainTable(_view).Apply([new(RowChangeKind.Add, new(new(IpFamily.IPv4, "nat", name), [rule]), default)], _refusals);
        new JumpTable(_view).Apply([new(RowChangeKind.Add, new(new(IpFamily.IPv4, "nat", name, rule), JumpPosition.First), default)], _refusals);
        Assert.Equal(2, _refusals.Count);
        Assert.Empty(_tool.Restored);
    }

    [Fact]
    public void A_family_without_tools_refuses_its_rows_and_names_the_package()
    {
        new ChainTable(_view).Apply(
            [
                new(RowChangeKind.Add, new(new(IpFamily.IPv6, "nat", "X"), []), default),
                new(RowChangeKind.Add, new(new(IpFamily.IPv4, "nat", "X"), []), default),
            ], _refusals);
        Assert.Contains("no working ip6tables", Assert.Single(_refusals).Reason, StringComparison.Ordinal);
        Assert.Single(_tool.Restored);
    }

    [Fact]
    public void Canonical_chains_cost_no_reading_back()
    {
        new ChainTable(_view).Apply([new(RowChangeKind.Add, new(new(IpFamily.IPv4, "nat", "X"), ["-m mark --mark 0x4000/0x4000 -j RETURN"]), default)], _refusals);
        Assert.Equal((1, 0), (_tool.Restored.Count, _tool.Saves));
    }

    [Fact]
    public void A_chain_drifted_by_somebody_is_seen_and_written_again()
    {
        var table = new ChainTable(_view);
        var chain = new Chain(new(IpFamily.IPv4, "nat", "X"), ["-j RETURN"]);
        table.Apply([new(RowChangeKind.Add, chain, default)], _refusals);
        _tool.Tables["nat"] = IptablesSave.Parse("*nat\n:X - [0:0]\n-A X -j RETURN\n-A X -j ACCEPT\nCOMMIT\n")["nat"];
        var seen = table.Read()[chain.Key];
        Assert.False(table.Satisfies(seen, chain));
        table.Apply([new(RowChangeKind.Replace, chain, seen)], _refusals);
        Assert.Equal(2, _tool.Restored.Count);
        // The foreign rule must not have been learnt as our own spelling.
        Assert.NotEqual(chain, table.Read()[chain.Key]);
    }

    [Fact]
    public void Rules_of_foreign_user_chains_are_jumps_only_where_asked_for()
    {
        _tool.Tables["filter"] = IptablesSave.Parse("*filter\n:INPUT ACCEPT [0:0]\n:DOCKER-USER - [0:0]\n-A INPUT -j X\n-A DOCKER-USER -j X\nCOMMIT\n")["filter"];
        var table = new JumpTable(_view);
        Assert.Equal(["INPUT"], table.Read().Keys.Select(k => k.Parent));
        table.Parents = [("filter", "DOCKER-USER")];
        Assert.Equal(["DOCKER-USER", "INPUT"], table.Read().Keys.Select(k => k.Parent).Order());
    }
}
