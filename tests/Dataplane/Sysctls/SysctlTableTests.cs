using NetAgent.Contracts;
using NetAgent.Dataplane.Sysctls;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Tests.Sysctls;

public sealed class SysctlTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SysctlTable _table;
    private readonly List<RowRefusal> _refusals = [];

    public SysctlTableTests() => _table = new(_folder.Root);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Paths_patterns_and_module_parameters_are_read_with_fields_parted_by_one_blank()
    {
        _folder.Write("proc/sys/net/ipv4/conf/eth0.100/arp_ignore", "1\n");
        _folder.Write("proc/sys/net/ipv4/conf/all/arp_ignore", "0\n");
        _folder.Write("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
        _folder.Write("sys/module/nf_conntrack/parameters/hashsize", "65536\n");
        _table.Paths = ["net/ipv4/conf/*/arp_ignore", "net/ipv4/ip_local_port_range", "/sys/module/*/parameters/hashsize", "net/ipv4/none", "net/*/none"];
        var rows = _table.Read();
        Assert.Equal(
            ["/sys/module/nf_conntrack/parameters/hashsize=65536", "net/ipv4/conf/all/arp_ignore=0", "net/ipv4/conf/eth0.100/arp_ignore=1",
                "net/ipv4/ip_local_port_range=32768 60999"],
            rows.Values.Select(r => $"{r.Path}={r.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("100", "100", SysctlRule.Exactly, true)]
    [InlineData("200", "100", SysctlRule.Exactly, false)]
    [InlineData("200", "100", SysctlRule.AtLeast, true)]
    [InlineData("99", "100", SysctlRule.AtLeast, false)]
    [InlineData("-1", "0", SysctlRule.AtLeast, false)]
    [InlineData("1\t2", "1 2", SysctlRule.Exactly, true)]
    [InlineData("010", "10", SysctlRule.Exactly, true)]
    [InlineData("cubic", "cubic", SysctlRule.AtLeast, true)]
    [InlineData("reno", "cubic", SysctlRule.AtLeast, false)]
    public void A_value_is_enough_when_equal_or_higher_where_that_is_allowed(string actual, string wanted, SysctlRule rule, bool enough) =>
        Assert.Equal(enough, _table.Satisfies(new("net/x", actual), new("net/x", wanted) { Rule = rule }));

    [Fact]
    public void What_is_enough_is_not_written()
    {
        var place = _folder.Write("proc/sys/net/x", "200\n");
        File.SetLastWriteTimeUtc(place, DateTime.UnixEpoch);
        Set(new("net/x", "100") { Rule = SysctlRule.AtLeast }, new("net/x", "200"));
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(place));
        Set(new Sysctl("net/x", "300") { Rule = SysctlRule.AtLeast });
        Assert.Equal("300\n", _folder.Read("proc/sys/net/x"));
        Assert.Empty(_refusals);
    }

    [Fact]
    public void Rows_of_lower_order_are_written_first()
    {
        _folder.Write("proc/sys/net/x", "0\n");
        Set(new("net/x", "2") { Order = 2 }, new("net/x", "3") { Order = 3 }, new("net/x", "1") { Order = 1 });
        Assert.Equal("3\n", _folder.Read("proc/sys/net/x"));
    }

    [Fact]
    public void A_missing_sysctl_is_refused_and_the_others_go_on()
    {
        _folder.Write("proc/sys/net/x", "0\n");
        Set(new("net/none", "1"), new("../../etc/passwd", "1"), new("net/x", "1\n2"), new("net/x", "1"));
        Assert.Equal([0, 1, 2], _refusals.Select(r => r.Index));
        Assert.Equal(2, _refusals[0].Errno);
        Assert.Contains("net/none: cannot manage, observe only", _refusals[0].Reason, StringComparison.Ordinal);
        Assert.Equal("1\n", _folder.Read("proc/sys/net/x"));
    }

    [Fact]
    public void Removing_a_row_leaves_the_value()
    {
        _folder.Write("proc/sys/net/x", "5\n");
        _table.Apply([new(RowChangeKind.Remove, new("net/x", "5"), new("net/x", "5"))], _refusals);
        Assert.Equal("5\n", _folder.Read("proc/sys/net/x"));
        Assert.Empty(_refusals);
    }

    private void Set(params Sysctl[] rows) => _table.Apply([.. rows.Select(r => new RowChange<Sysctl>(RowChangeKind.Replace, r, default))], _refusals);
}
