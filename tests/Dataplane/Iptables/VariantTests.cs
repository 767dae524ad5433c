using NetAgent.Contracts;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Netlink;
using NetAgent.TestKit;

namespace NetAgent.Dataplane.Tests.Iptables;

public sealed class VariantTests
{
    private const string Hint = "*mangle\n:KUBE-KUBELET-CANARY - [0:0]\nCOMMIT\n";
    private const string TwoRules = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\n-A INPUT -j DROP\nCOMMIT\n";
    private const string OneRule = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n";

    [Theory]
    [InlineData(Hint, "", "nft")]
    [InlineData("", Hint, "legacy")]
    [InlineData(Hint, TwoRules, "nft")]
    [InlineData(TwoRules, Hint, "legacy")]
    [InlineData(OneRule, TwoRules, "legacy")]
    [InlineData(OneRule, OneRule, "nft")]
    [InlineData("", "", "nft")]
    public void The_kubelets_hint_decides_then_the_number_of_rules_then_nft(string nft, string legacy, string expected)
    {
        var found = new IptablesVariantFinder(new FakeProcess(nft, legacy)).Find(IpFamily.IPv4);
        Assert.Equal($"/sbin/iptables-{expected}-restore", found?.Restore);
    }

    [Fact]
    public void A_hint_in_one_family_decides_for_both() =>
        Assert.Equal("/sbin/ip6tables-legacy-restore", new IptablesVariantFinder(new FakeProcess("", Hint)).Find(IpFamily.IPv6)?.Restore);

    [Theory]
    [InlineData("", "legacy")]
    [InlineData(TwoRules, "legacy")]
    [InlineData(Hint, "nft")]
    public void Legacy_tables_that_may_not_be_listed_are_not_taken_for_empty(string nft, string expected) =>
        Assert.Equal($"/sbin/iptables-{expected}-restore", new IptablesVariantFinder(new FakeProcess(nft, null)).Find(IpFamily.IPv4)?.Restore);

    [Fact]
    public void The_real_legacy_tools_say_so_without_the_capability_and_the_message_names_it()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && Shell.TryRun("unshare", "-n", "true").Code == 0, "needs root and network namespaces");
        var real = Shell.TryRun("unshare", "-n", "sh", "-c", "iptables-legacy -t nat -N X && exec setpriv --bounding-set -all,+net_admin --inh-caps -all,+net_admin iptables-legacy-save");
        Assert.SkipWhen(real.Error.Contains("do you need to insmod", StringComparison.Ordinal), "needs a kernel with legacy iptables");
        Assert.NotEqual(0, real.Code);
        Assert.Contains(IptablesVariantFinder.MayNotList, real.Error, StringComparison.Ordinal);
        var tool = new IptablesTool(new FakeProcess("", null), new(IpFamily.IPv4, IptablesBackend.Legacy, "/sbin/iptables-legacy-save", "/sbin/iptables-legacy-restore", new(1, 8, 9)), new("/nowhere", "/nowhere", TimeProvider.System));
        Assert.Contains("CAP_NET_RAW", Assert.Throws<KernelException>(() => tool.Save("nat")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_named_back_ends_the_plain_tools_are_taken_and_say_what_they_are()
    {
        var found = new IptablesVariantFinder(new FakeProcess("", "", only: "iptables")).Find(IpFamily.IPv4);
        Assert.Equal(("/sbin/iptables-restore", IptablesBackend.Nft), (found?.Restore, found?.Backend));
        Assert.Null(new IptablesVariantFinder(new FakeProcess("", "", only: "none")).Find(IpFamily.IPv4));
    }

    [Fact]
    public void Nft_is_not_taken_where_the_kernel_refuses_it() =>
        Assert.Equal(IptablesBackend.Legacy, new IptablesVariantFinder(new FakeProcess("", "", nftWorks: false)).Find(IpFamily.IPv4)?.Backend);

    [Theory]
    [InlineData("iptables-restore v1.8.9 (nf_tables)\n", true)]
    [InlineData("iptables-restore v1.6.2\n", true)]
    [InlineData("iptables-restore v1.6.1\n", false)]
    [InlineData("iptables-restore v1.10 (legacy)\n", true)]
    [InlineData("", false)]
    public void Random_fully_needs_1_6_2(string version, bool supported) =>
        Assert.Equal(supported, new IptablesVariant(IpFamily.IPv4, IptablesBackend.Nft, "", "", IptablesVariantFinder.ParseVersion(version)).SupportsRandomFully);

    // Legacy null: without CAP_NET_RAW.
    private sealed class FakeProcess(string nft, string? legacy, string? only = null, bool nftWorks = true) : IIptablesProcess
    {
        public string? Find(string tool) =>
            only is null || (tool.StartsWith(only, StringComparison.Ordinal) && !tool.Contains("nft", StringComparison.Ordinal) && !tool.Contains("legacy", StringComparison.Ordinal))
                ? $"/sbin/{tool}"
                : null;

        public ProcessResult Run(string path, IReadOnlyList<string> arguments, string input)
        {
            if (arguments is ["--version"])
            {
                return new(0, $"{Path.GetFileName(path)} v1.8.9 ({(path.Contains("legacy", StringComparison.Ordinal) ? "legacy" : "nf_tables")})", "");
            }
            if (path.EndsWith("-restore", StringComparison.Ordinal))
            {
                return new(nftWorks ? 0 : 4, "", "");
            }
            // Only IPv4 has rules.
            if (legacy is null && path.Contains("legacy", StringComparison.Ordinal))
            {
                return new(4, "", "iptables-save v1.8.9 (legacy): Cannot initialize: Permission denied (you must be root)\n");
            }
            var text = path.Contains("ip6", StringComparison.Ordinal) ? "" : path.Contains("nft", StringComparison.Ordinal) ? nft : legacy ?? "";
            return new(0, arguments is ["-t", "mangle"] && !text.Contains("*mangle", StringComparison.Ordinal) ? "" : text, "");
        }
    }
}
