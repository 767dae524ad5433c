using NetAgent.Contracts;
using NetAgent.Dataplane.Iptables;

namespace NetAgent.Kernel.Tests.Iptables;

/// <summary>The four pairs of back end and family; a test skips those that this kernel does not have.</summary>
internal static class Backend
{
    public static TheoryData<string, IpFamily> All => new()
    {
        { "legacy", IpFamily.IPv4 }, { "legacy", IpFamily.IPv6 }, { "nft", IpFamily.IPv4 }, { "nft", IpFamily.IPv6 },
    };

    public static IptablesTool Tool(string backend, IpFamily family)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        var process = new IptablesProcess();
        var name = $"{(family == IpFamily.IPv6 ? "ip6tables" : "iptables")}-{backend}";
        var restore = process.Find(name + "-restore");
        Assert.SkipWhen(restore is null, $"{name} is not installed");
        var probe = process.Run(restore, ["--noflush"], "*nat\n:PROBE - [0:0]\n-X PROBE\nCOMMIT\n");
        Assert.SkipUnless(probe.ExitCode == 0, $"this kernel has no {backend} {family}");
        var version = IptablesVariantFinder.ParseVersion(process.Run(restore, ["--version"], "").Output);
        return new(process, new(family, backend == "nft" ? IptablesBackend.Nft : IptablesBackend.Legacy, process.Find(name + "-save")!, restore, version));
    }

    public static IptablesView View(params IIptables[] tools) => new(tools, TimeProvider.System);
}
