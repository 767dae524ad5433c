using NetAgent.Contracts;
using NetAgent.Dataplane.Iptables;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Iptables;

[Trait("Category", "Kernel")]
public sealed class VariantKernelTests
{
    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void The_back_end_with_the_kubelets_hint_chain_is_found_from_either_family(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var tool = Backend.Tool(backend, family);
        tool.Restore(RestoreText.Of([new(0, "mangle", "", [":KUBE-IPTABLES-HINT - [0:0]"], [], [])]));
        var found = new IptablesVariantFinder(new IptablesProcess()).Find(IpFamily.IPv4);
        Assert.Equal(backend == "nft" ? IptablesBackend.Nft : IptablesBackend.Legacy, found?.Backend);
        Assert.True(found?.SupportsRandomFully);
    });

    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void Without_hints_the_back_end_with_rules_is_found(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var tool = Backend.Tool(backend, family);
        tool.Restore(RestoreText.Of([new(0, "filter", "", [], ["-A INPUT -j ACCEPT"], [])]));
        var found = new IptablesVariantFinder(new IptablesProcess()).Find(family);
        Assert.Equal(backend == "nft" ? IptablesBackend.Nft : IptablesBackend.Legacy, found?.Backend);
    });

    [KernelFact]
    public void A_back_end_that_the_kernel_lacks_is_not_chosen_on_an_empty_node() => NetworkNamespace.Run(() =>
    {
        var found = new IptablesVariantFinder(new IptablesProcess()).Find(IpFamily.IPv4);
        Assert.NotNull(found);
        var tool = new IptablesTool(new IptablesProcess(), found, new(XtablesLock.StandardPath, "/proc", TimeProvider.System));
        Assert.Null(tool.Restore(RestoreText.Of([new(0, "nat", "NA-X", [":NA-X - [0:0]"], ["-A NA-X -j RETURN"], [])])));
        Assert.Contains("NA-X", tool.Save("nat").Chains.Keys);
    });
}
