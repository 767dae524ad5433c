using NetAgent.Contracts;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Tests.Iptables;

public sealed class XtablesModulesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_match_and_a_target_that_the_kernel_lacks_are_named_with_their_modules()
    {
        Has("comment\nset\n", "MARK\nERROR\n");
        Assert.Equal(["xt_ipvs", "xt_MASQUERADE"], Modules().Missing(
            ["-m comment --comment x -m ipvs --vaddr 192.0.2.1 -j MARK --set-xmark 0x1/0x1", "-m set --match-set A src -j MASQUERADE", "-j OTHER", "-j RETURN"],
            new HashSet<string> { "OTHER" }));
    }

    [Fact]
    public void Modules_of_another_name_than_the_match_are_known()
    {
        Has("", "");
        Assert.Equal(["xt_tcpudp", "xt_mark", "ipt_REJECT"], Modules().Missing(["-p tcp -m tcp --dport 1 -j MARK --set-mark 1", "-m udp -j REJECT"], new HashSet<string>()));
    }

    [Fact]
    public void A_chain_that_is_not_there_is_no_module()
    {
        Has("", "");
        Assert.Equal(["xt_MASQUERADE"], Modules().Missing(["-j KUBE-MARK-MASQ", "-j cali-FORWARD", "-j MASQUERADE"], new HashSet<string>()));
    }

    [Fact]
    public void Nothing_is_said_where_all_is_there_or_the_kernel_does_not_tell()
    {
        Assert.Empty(Modules().Missing(["-m ipvs -j MASQUERADE"], new HashSet<string>()));
        Has("ipvs\n", "MASQUERADE\n");
        Assert.Empty(Modules().Missing(["-m ipvs -j MASQUERADE"], new HashSet<string>()));
    }

    [Fact]
    public void A_refused_chain_says_which_module_is_missing()
    {
        Has("comment\n", "");
        var tool = new FakeIptables { Answer = _ => new(3, null, 0, "line 3 failed", IsLock: false), ModulesFolder = _folder.Root };
        var refusals = new List<RowRefusal>();
        new RestoreBatch(tool, refusals).Run([new(0, "nat", "A", [":A - [0:0]"], ["-A A -m ipvs -j B"], []), new(1, "nat", "B", [":B - [0:0]"], [], [])]);
        Assert.Contains("modprobe xt_ipvs", Assert.Single(refusals, refusal => refusal.Index == 0).Reason, StringComparison.Ordinal);
    }

    private XtablesModules Modules() => new(_folder.Root, IpFamily.IPv4);

    private void Has(string matches, string targets)
    {
        File.WriteAllText(Path.Combine(_folder.Root, "ip_tables_matches"), matches);
        File.WriteAllText(Path.Combine(_folder.Root, "ip_tables_targets"), targets);
    }
}
