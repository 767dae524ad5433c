using NetAgent.Contracts;
using NetAgent.TestKit;

namespace NetAgent.MasqAgent.Tests;

/// <summary>
/// What this plugin wants must be what iptables-save prints once it is there: else a restarted agent would rewrite its chains.
/// Run with <c>tests/Lab/lab</c>.
/// </summary>
[Trait("Category", "Kernel")]
public class CanonicalFormTests
{
    public static TheoryData<string, string[]> Configurations => new()
    {
        { "", [] },
        { "", ["--nomasq-all-reserved-ranges", "--enable-ipv6", "--random-fully=false"] },
        { "nonMasqueradeCIDRs: [0.0.0.0/0, 1.2.3.4/32, 128.0.0.0/1, \"::/0\", \"fd00::1/128\", \"2001:db8:0:0:1::/80\", \"64:ff9b::/96\", \"::/96\", \"fe80:0:0:1::/64\"]", ["--enable-ipv6"] },
        { "nonMasqueradeCIDRs: [10.0.0.0/8]\nmasqueradeCIDRs: [10.9.0.0/16, 0.0.0.0/0, \"fd00:9::/32\"]", ["--enable-ipv6", "--to-ports=1024-29999,32768-49151,61000-65535"] },
        { "podCIDRsOnly: true\nmasqueradeCIDRs: [10.9.0.0/16, \"fd00:9::/32\"]", ["--enable-ipv6", "--masq-chain=A-CHAIN.WITH_A:LONG-NAME-28", "--to-ports=1,2,3,4-5,65535", "--random-fully=false"] },
        { "masqLinkLocal: true\nmasqLinkLocalIPv6: true\nnonMasqueradeCIDRs: []", ["--enable-ipv6", "--to-ports=1-65535,1-65535,7"] },
    };

    [KernelTheory]
    [MemberData(nameof(Configurations))]
    public void Rules_come_back_from_the_kernel_as_they_are_wanted(string file, string[] arguments) => NetworkNamespace.Run(() =>
    {
        var agent = Agent.With(file, arguments);
        Assert.True(agent.Result.IsAccepted, string.Join('\n', agent.Result.Problems));
        agent.SetPodCidrs("10.244.1.0/24", "10.245.1.0/24", "fd00:1::/64");

        foreach (var family in agent.Slice.Chains.Rows.Select(c => c.Key.Family))
        {
            var (save, restore) = family == IpFamily.IPv4 ? ("iptables-save", "iptables-restore") : ("ip6tables-save", "ip6tables-restore");
            var input = Path.GetTempFileName();
            var wanted = agent.Save(family).Split('\n').Where(l => l.StartsWith("-A")).ToArray();
            var chain = agent.Slice.Chains.Rows[0].Key.Name;
            File.WriteAllText(input, $"*nat\n:{chain} - [0:0]\n{string.Join('\n', wanted)}\nCOMMIT\n");
            Shell.Script($"{restore} --noflush {input}");
            File.Delete(input);

            Assert.Equal(wanted, Shell.Run(save, "-t", "nat").Split('\n').Where(l => l.StartsWith("-A")));
        }
    });
}
