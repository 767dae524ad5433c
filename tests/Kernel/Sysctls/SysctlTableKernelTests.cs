using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Dataplane.Sysctls;
using NetAgent.Dataplane.Tables;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Sysctls;

[Trait("Category", "Kernel")]
public sealed class SysctlTableKernelTests
{
    private const string Buckets = "net/netfilter/nf_conntrack_buckets";
    private readonly SysctlTable _table = new("/");
    private readonly List<RowRefusal> _refusals = [];

    [KernelFact]
    public void Proc_sys_net_is_the_threads_own_namespace() => NetworkNamespace.Run(() =>
    {
        Set(new("net/ipv4/ip_forward", "1"));
        Assert.Equal("1", _table.ReadPaths(["net/ipv4/ip_forward"])["net/ipv4/ip_forward"]);
        NetworkNamespace.Run(() =>
        {
            Set(new("net/ipv4/ip_forward", "0"));
            Assert.Equal("0", _table.ReadPaths(["net/ipv4/ip_forward"])["net/ipv4/ip_forward"]);
        });
        Assert.Equal("1", _table.ReadPaths(["net/ipv4/ip_forward"])["net/ipv4/ip_forward"]);
        Assert.Empty(_refusals);
    });

    [KernelFact]
    public void A_pattern_follows_interfaces_as_they_come() => NetworkNamespace.Run(() =>
    {
        const string Pattern = "net/ipv4/conf/*/arp_ignore";
        Assert.Equal(["all", "default", "lo"], _table.ReadPaths([Pattern]).Keys.Select(k => k.Split('/')[3]).Where(IsPlain));
        Shell.Run("ip", "link", "add", "na.dummy0", "type", "dummy");
        Assert.Contains("net/ipv4/conf/na.dummy0/arp_ignore", _table.ReadPaths([Pattern]).Keys);
        Set(new("net/ipv4/conf/na.dummy0/arp_ignore", "1"));
        Assert.Empty(_refusals);
        static bool IsPlain(string name) => name is "all" or "default" or "lo";
    });

    [KernelFact]
    public void Vectors_compare_equal_whatever_parts_them() => NetworkNamespace.Run(() =>
    {
        Set(new("net/ipv4/ip_local_port_range", "20000 30000"));
        Assert.Empty(_refusals);
        Assert.Equal("20000 30000", _table.ReadPaths(["net/ipv4/ip_local_port_range"])["net/ipv4/ip_local_port_range"]);
    });

    [KernelFact]
    public void Buckets_that_the_kernel_rounds_up_are_written_once()
    {
        // The initial namespace of the lab: buckets are one value for the whole kernel.
        Assert.SkipUnless(Environment.GetEnvironmentVariable("NETAGENT_LAB") == "uml", "changes the whole kernel");
        var before = _table.ReadPaths([Buckets])[Buckets];
        try
        {
            Set(new(Buckets, "1000"));
            Assert.Empty(_refusals);
            _table.Paths = [Buckets];
            var actual = _table.Read()[Buckets];
            Assert.Equal(("1000", actual.Value), _table.Rounded[Buckets]);
            Assert.True(int.Parse(actual.Value) > 1000);
            Assert.True(_table.Satisfies(actual, new(Buckets, "1000")));
            Assert.False(_table.Satisfies(actual, new(Buckets, "1001")));
            Assert.True(_table.Satisfies(actual, new(Buckets, "1001") { Rule = SysctlRule.AtLeast }));
        }
        finally
        {
            Set(new(Buckets, before));
        }
    }

    [KernelFact]
    public void What_only_the_initial_namespace_may_write_is_refused_with_errno_and_reason() => NetworkNamespace.Run(() =>
    {
        Set(new(Buckets, "32768"));
        Set(new("/sys/module/nf_conntrack/parameters/hashsize", "32768"));
        Set(new("net/ipv4/no_such_thing", "1"));
        Set(new("net/ipv4/ip_forward", "many"));
        Assert.Equal(4, _refusals.Count);
        Assert.All(_refusals, r => Assert.NotEqual(0, r.Errno));
        Assert.All(_refusals.Take(3), r => Assert.Contains("cannot manage, observe only", r.Reason, StringComparison.Ordinal));
        Assert.Equal(2, _refusals[2].Errno);
        Assert.Equal(22, _refusals[3].Errno);
        Assert.NotNull(_table.WhyReadOnly(Buckets));
        Assert.Null(_table.WhyReadOnly("net/ipv4/ip_forward"));
    });

    private void Set(Sysctl row) => _table.Apply([new(RowChangeKind.Replace, row, default)], _refusals);
}
