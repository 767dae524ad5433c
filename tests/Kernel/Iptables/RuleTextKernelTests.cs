using NetAgent.Contracts;
using NetAgent.Dataplane.Iptables;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Iptables;

[Trait("Category", "Kernel")]
public sealed class RuleTextKernelTests
{
    private static readonly string[] Both =
    [
        "-m mark --mark 0x00004000/0x00004000 -j RETURN",
        "-m mark ! --mark 0x4000/0xffffffff -j RETURN",
        "-m mark --mark 16384 -j RETURN",
        "-m mark --mark 0x0 -j RETURN",
        "-j MARK --or-mark 0x00004000",
        "-j MARK --xor-mark 0x4000",
        "-j MARK --and-mark 0xffffbfff",
        "-j MARK --set-mark 0x4000",
        "-j MARK --set-mark 0x4000/0x10",
        "-j MARK --set-xmark 0x4000/0x0",
        "-m comment --comment \"hello\" -j RETURN",
        "-m comment --comment \"\" -j RETURN",
        "-m comment --comment \"it's (a) \\\"b\\\" \\\\ c\" -j RETURN",
        "-m comment --comment \"-j DROP\" -j RETURN",
        "-m comment --comment \"two words\" -j MASQUERADE --random-fully -p tcp -m statistic --mode random --probability 0.4692925629218164 --to-ports 1024-29999",
        "-m statistic --mode random --probability 0.5 -j RETURN",
        "-m statistic --mode random --probability 0.33333333349 -j RETURN",
        "-m statistic --mode nth --every 3 --packet 0 -j RETURN",
        "-m comment --comment \"must be last\" -j MASQUERADE --random-fully",
        "-p udp -j MASQUERADE --random-fully --to-ports 10",
        "-j MASQUERADE --random",
        "-m comment --comment x -m addrtype ! --dst-type LOCAL -j RETURN",
        "-m comment --comment c1 ! -i br0 -p udp --dport 53 -j RETURN",
        "-m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT",
        "-p TCP --destination-port 80:80 --source-port 1:2 -j RETURN",
        "-p tcp --syn -j RETURN",
        "-p tcp -m tcp -j RETURN",
        "-p 132 -j RETURN",
        "-p sctp --dport 20 -j RETURN",
        "-p tcp -m multiport --dports 80,443 -j RETURN",
        "-m conntrack --ctstate ESTABLISHED,RELATED -m tcp -p tcp --dport 53 -j RETURN",
        "-p udp -m state --state ESTABLISHED,NEW -j RETURN",
        "--jump RETURN",
        "-g OTHER",
        "-m comment --comment only",
        "-p all -j RETURN",
    ];

    private static readonly string[] V4 =
    [
        "-s 10.0.0.1 -j RETURN",
        "-j RETURN -d 10.0.0.7/8 -s 192.0.2.1/255.255.255.0",
        "-s 0.0.0.0/0 -j RETURN",
        "-m comment --comment \"ip-masq-agent: local traffic\" -d 10.0.0.0/8 -j RETURN",
        "! --source 10.244.0.0/16 -m comment --comment c1 -j RETURN",
        "-p tcp -j DNAT --persistent --to-destination 10.0.0.1:80",
    ];

    private static readonly string[] V6 =
    [
        "-s FD00:0::1 -j RETURN",
        "-d fd00::5/8 -j RETURN",
        "-d ::/0 -j RETURN",
        "-s ::ffff:10.0.0.1/128 -j RETURN",
        "-p icmpv6 -j RETURN",
        "! -s fd00:10:244::/64 -m comment --comment c1 -j RETURN",
    ];

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void What_iptables_save_prints_is_the_canonical_form_of_what_was_written(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var tool = Backend.Tool(backend, family);
        string[] rules = [.. Both, .. family == IpFamily.IPv4 ? V4 : V6];
        Check(tool, "nat", rules);
        Check(tool, "filter",
            ["-j REJECT", $"-m conntrack --ctstate NEW -j REJECT --reject-with {(family == IpFamily.IPv4 ? "icmp" : "icmp6")}-port-unreachable"]);
    });

    [KernelFact]
    public void Rules_with_sets_and_virtual_servers_keep_their_form() => NetworkNamespace.Run(() =>
    {
        Shell.Run("ipset", "create", "NA-SET", "hash:ip,port");
        var tool = Backend.Tool("legacy", IpFamily.IPv4);
        Check(tool, "filter",
        [
            "-m comment --comment \"lb portal\" -m set --match-set NA-SET dst,dst -j RETURN",
            "-m set ! --match-set NA-SET src,dst -m conntrack --ctstate NEW -j REJECT",
            "-s 192.0.2.1 -m ipvs --vaddr 192.0.2.1 --vproto tcp --vport 80 -j DROP",
        ]);
    });

    private static void Check(IptablesTool tool, string table, string[] rules)
    {
        var block = new RestoreBlock(0, table, "T", [":OTHER - [0:0]", ":T - [0:0]"], [.. rules.Select(r => $"-A T {r}")], []);
        Assert.Null(tool.Restore(RestoreText.Of([block])));
        var printed = tool.Save(table).Chains["T"].Rules;
        Assert.Equal(rules.Select(r => RuleText.Normalise(tool.Family, r)), printed);
        Assert.Equal(printed, printed.Select(r => RuleText.Normalise(tool.Family, r)));
    }
}
