using NetAgent.Contracts;
using NetAgent.Dataplane.IpSets;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Ipvs;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Routes;
using NetAgent.Dataplane.Sysctls;
using NetAgent.Dataplane.Tables;
using NetAgent.Dataplane.Tests.Reconcile;
using NetAgent.Kernel.Tests.Iptables;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Contract;

// The kernel's own tables, each in a network namespace of its own, held to what the tables in memory are held to.

[Trait("Category", "Kernel")]
public sealed class KernelVirtualServerContractTests : VirtualServerContract
{
    private protected override void On(Action<IKernelTable<VirtualServerKey, VirtualServer>> test) => Lab.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        test(new VirtualServerTable(socket));
    });
}

[Trait("Category", "Kernel")]
public sealed class KernelRealServerContractTests : RealServerContract
{
    private protected override void On(Action<IKernelTable<RealServerKey, RealServer>> test) => Lab.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        Assert.Empty(new VirtualServerTable(socket).Add(TableContractRows.Server(79)));
        test(new RealServerTable(socket));
    });
}

[Trait("Category", "Kernel")]
public sealed class KernelSetContractTests : SetContract
{
    private protected override void On(Action<IKernelTable<string, IpSet>> test) => Lab.Run(() =>
    {
        using var socket = IpSetSocket.Open();
        test(new IpSetTable(socket));
    });
}

[Trait("Category", "Kernel")]
public sealed class KernelEntryContractTests : EntryContract
{
    private protected override void On(Action<IKernelTable<IpSetEntry, IpSetEntry>> test) => Lab.Run(() =>
    {
        using var socket = IpSetSocket.Open();
        Assert.Empty(new IpSetTable(socket).Add(new IpSet(TableContractRows.Set, IpSetType.HashIp, IpFamily.IPv4) { MaxElements = 65536 }));
        test(new IpSetEntryTable(socket, static _ => true));
    });
}

[Trait("Category", "Kernel")]
public sealed class KernelLinkContractTests : LinkContract
{
    private protected override void On(Action<IKernelTable<string, DummyLink>> test) => Lab.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        test(new DummyLinkTable(connection));
    });
}

[Trait("Category", "Kernel")]
public sealed class KernelAddressContractTests : AddressContract
{
    private protected override void On(Action<IKernelTable<LinkAddressKey, LinkAddress>> test) => Lab.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        Assert.Empty(new DummyLinkTable(connection).Add(new DummyLink(TableContractRows.Link)));
        test(new LinkAddressTable(connection, [TableContractRows.Link]));
    });
}

[Trait("Category", "Kernel")]
public sealed class KernelChainContractTests : ChainContract
{
    private protected override void On(Action<IKernelTable<ChainKey, Chain>> test) => Lab.Run(() => test(new ChainTable(Backend.View(Backend.Tool("legacy", IpFamily.IPv4)))));
}

[Trait("Category", "Kernel")]
public sealed class KernelJumpContractTests : JumpContract
{
    private protected override void On(Action<IKernelTable<JumpKey, Jump>> test) => Lab.Run(() =>
    {
        var view = Backend.View(Backend.Tool("legacy", IpFamily.IPv4));
        Assert.Empty(new ChainTable(view).Add(new Chain(new(IpFamily.IPv4, "nat", TableContractRows.Set), [])));
        test(new JumpTable(view));
    });
}

[Trait("Category", "Kernel")]
public sealed class KernelSysctlContractTests : SysctlContract
{
    private protected override void On(Action<IKernelTable<string, Sysctl>> test) => Lab.Run(() => test(new SysctlTable("/") { Paths = TableContractRows.Sysctls }));
}

/// <summary>A network namespace of its own; elsewhere than in the lab the test is skipped and says why.</summary>
internal static class Lab
{
    public static void Run(Action test)
    {
        Assert.SkipWhen(LabKernel.WhyNot is not null, LabKernel.WhyNot ?? "");
        NetworkNamespace.Run(test);
    }
}
