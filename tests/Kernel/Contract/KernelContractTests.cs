using NetAgent.Contracts;
using NetAgent.Dataplane.IpSets;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Ipvs;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Routes;
using NetAgent.Dataplane.Sysctls;
using NetAgent.Dataplane.Tests.Reconcile;
using NetAgent.Kernel.Tests.Iptables;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Contract;

// The kernel's own tables, each in a network namespace of its own, held to what the tables in memory are held to.

[Trait("Category", "Kernel")]
public sealed class KernelVirtualServerContractTests : TableContract<VirtualServerKey, VirtualServer>
{
    private protected override VirtualServer Refused => TableContractRows.NoScheduler;

    private protected override VirtualServer Row(int number) => TableContractRows.Server(number);

    private protected override VirtualServer Changed(VirtualServer row) => row with { Scheduler = "wrr" };

    private protected override void On(Action<IKernelTable<VirtualServerKey, VirtualServer>> test)
    {
        Assert.SkipWhen(LabKernel.WhyNot is not null, LabKernel.WhyNot ?? "");
        NetworkNamespace.Run(() =>
        {
            using var socket = IpvsSocket.Open();
            test(new VirtualServerTable(socket));
        });
    }
}

[Trait("Category", "Kernel")]
public sealed class KernelRealServerContractTests : TableContract<RealServerKey, RealServer>
{
    private protected override RealServer Refused => TableContractRows.NoServer;

    private protected override RealServer Row(int number) => TableContractRows.Real(number);

    private protected override RealServer Changed(RealServer row) => row with { Weight = 7 };

    private protected override void On(Action<IKernelTable<RealServerKey, RealServer>> test)
    {
        Assert.SkipWhen(LabKernel.WhyNot is not null, LabKernel.WhyNot ?? "");
        NetworkNamespace.Run(() =>
        {
            using var socket = IpvsSocket.Open();
            Assert.Empty(new VirtualServerTable(socket).Add(TableContractRows.Server(79)));
            test(new RealServerTable(socket));
        });
    }
}

[Trait("Category", "Kernel")]
public sealed class KernelSetContractTests : TableContract<string, IpSet>
{
    private protected override IpSet Refused => TableContractRows.LongSet;

    private protected override IpSet Row(int number) => TableContractRows.SetRow(number);

    private protected override IpSet Changed(IpSet row) => row with { MaxElements = 128 };

    private protected override void On(Action<IKernelTable<string, IpSet>> test)
    {
        Assert.SkipWhen(LabKernel.WhyNot is not null, LabKernel.WhyNot ?? "");
        NetworkNamespace.Run(() =>
        {
            using var socket = IpSetSocket.Open();
            test(new IpSetTable(socket));
        });
    }
}

[Trait("Category", "Kernel")]
public sealed class KernelEntryContractTests : TableContract<IpSetEntry, IpSetEntry>
{
    private protected override IpSetEntry Refused => TableContractRows.NoSet;

    private protected override IpSetEntry Row(int number) => TableContractRows.Entry(number);

    private protected override void On(Action<IKernelTable<IpSetEntry, IpSetEntry>> test)
    {
        Assert.SkipWhen(LabKernel.WhyNot is not null, LabKernel.WhyNot ?? "");
        NetworkNamespace.Run(() =>
        {
            using var socket = IpSetSocket.Open();
            Assert.Empty(new IpSetTable(socket).Add(new IpSet(TableContractRows.Set, IpSetType.HashIp, IpFamily.IPv4, 65536)));
            test(new IpSetEntryTable(socket, static _ => true));
        });
    }
}

[Trait("Category", "Kernel")]
public sealed class KernelLinkContractTests : TableContract<string, DummyLink>
{
    private protected override DummyLink Refused => TableContractRows.LongLink;

    private protected override DummyLink Row(int number) => TableContractRows.LinkRow(number);

    private protected override void On(Action<IKernelTable<string, DummyLink>> test)
    {
        Assert.SkipWhen(LabKernel.WhyNot is not null, LabKernel.WhyNot ?? "");
        NetworkNamespace.Run(() =>
        {
            using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
            test(new DummyLinkTable(connection));
        });
    }
}

[Trait("Category", "Kernel")]
public sealed class KernelAddressContractTests : TableContract<LinkAddressKey, LinkAddress>
{
    private protected override LinkAddress Refused => TableContractRows.NoLink;

    private protected override LinkAddress Row(int number) => TableContractRows.Address(number);

    private protected override LinkAddress Changed(LinkAddress row) => row with { Binding = AddressBinding.Route };

    private protected override void On(Action<IKernelTable<LinkAddressKey, LinkAddress>> test)
    {
        Assert.SkipWhen(LabKernel.WhyNot is not null, LabKernel.WhyNot ?? "");
        NetworkNamespace.Run(() =>
        {
            using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
            Assert.Empty(new DummyLinkTable(connection).Add(new DummyLink(TableContractRows.Link)));
            test(new LinkAddressTable(connection, [TableContractRows.Link]));
        });
    }
}

[Trait("Category", "Kernel")]
public sealed class KernelChainContractTests : TableContract<ChainKey, Chain>
{
    private protected override Chain Refused => TableContractRows.NoMatch;

    private protected override Chain Row(int number) => TableContractRows.ChainRow(number);

    private protected override Chain Changed(Chain row) => row with { Rules = ["-j ACCEPT"] };

    private protected override void On(Action<IKernelTable<ChainKey, Chain>> test)
    {
        Assert.SkipWhen(LabKernel.WhyNot is not null, LabKernel.WhyNot ?? "");
        NetworkNamespace.Run(() => test(new ChainTable(Backend.View(Backend.Tool("legacy", IpFamily.IPv4)))));
    }
}

[Trait("Category", "Kernel")]
public sealed class KernelJumpContractTests : TableContract<JumpKey, Jump>
{
    private protected override Jump Refused => TableContractRows.NoTarget;

    private protected override Jump Row(int number) => TableContractRows.JumpRow(number);

    private protected override void On(Action<IKernelTable<JumpKey, Jump>> test)
    {
        Assert.SkipWhen(LabKernel.WhyNot is not null, LabKernel.WhyNot ?? "");
        NetworkNamespace.Run(() =>
        {
            var view = Backend.View(Backend.Tool("legacy", IpFamily.IPv4));
            Assert.Empty(new ChainTable(view).Add(new Chain(new(IpFamily.IPv4, "nat", TableContractRows.Set), [])));
            test(new JumpTable(view));
        });
    }
}

[Trait("Category", "Kernel")]
public sealed class KernelSysctlContractTests : TableContract<string, Sysctl>
{
    private protected override Sysctl Refused => TableContractRows.NoSysctl;

    private protected override Sysctl Row(int number) => TableContractRows.SysctlRow(number);

    private protected override Sysctl Changed(Sysctl row) => row with { Value = "0" };

    private protected override int Many => TableContractRows.Sysctls.Length;

    private protected override bool IsFixture => true;

    private protected override void On(Action<IKernelTable<string, Sysctl>> test)
    {
        Assert.SkipWhen(LabKernel.WhyNot is not null, LabKernel.WhyNot ?? "");
        NetworkNamespace.Run(() => test(new SysctlTable("/") { Paths = TableContractRows.Sysctls }));
    }
}
