using NetAgent.Contracts;
using NetAgent.Dataplane.Iptables;

namespace NetAgent.Kernel.Tests.Iptables;

/// <summary>
/// The four pairs of back end and family; a test skips those that this kernel does not have. The trait Backend tells them apart for runs
/// on a kernel that has one of them only.
/// </summary>
internal static class Backend
{
    public static IEnumerable<TheoryDataRow<string, IpFamily>> All =>
        from backend in new[] { "legacy", "nft" }
        from family in new[] { IpFamily.IPv4, IpFamily.IPv6 }
        select new TheoryDataRow<string, IpFamily>(backend, family).WithTrait("Backend", backend);

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
        return new(process, new(family, backend == "nft" ? IptablesBackend.Nft : IptablesBackend.Legacy, process.Find(name + "-save")!, restore, version),
            new(XtablesLock.StandardPath, "/proc", TimeProvider.System));
    }

    public static IptablesView View(params IIptables[] tools) => new(tools, TimeProvider.System);
}
