using NetAgent.Contracts;
using NetAgent.Dataplane.Reconcile;

namespace NetAgent.Dataplane.Tests.Reconcile;

// The tables of the kernel in memory, held to what the kernel's own are held to (tests/Kernel/Contract).

public sealed class FakeVirtualServerContractTests : TableContract<VirtualServerKey, VirtualServer>
{
    private protected override VirtualServer Refused => TableContractRows.NoScheduler;

    private protected override VirtualServer Row(int number) => TableContractRows.Server(number);

    private protected override VirtualServer Changed(VirtualServer row) => row with { Scheduler = "wrr" };

    private protected override void On(Action<IKernelTable<VirtualServerKey, VirtualServer>> test) => test(new FakeKernel().VirtualServers);
}

public sealed class FakeRealServerContractTests : TableContract<RealServerKey, RealServer>
{
    private protected override RealServer Refused => TableContractRows.NoServer;

    private protected override RealServer Row(int number) => TableContractRows.Real(number);

    private protected override RealServer Changed(RealServer row) => row with { Weight = 7 };

    private protected override void On(Action<IKernelTable<RealServerKey, RealServer>> test)
    {
        var kernel = new FakeKernel();
        kernel.VirtualServers.Set(TableContractRows.Server(79));
        test(kernel.RealServers);
    }
}

public sealed class FakeSetContractTests : TableContract<string, IpSet>
{
    private protected override IpSet Refused => TableContractRows.LongSet;

    private protected override IpSet Row(int number) => TableContractRows.SetRow(number);

    private protected override IpSet Changed(IpSet row) => row with { MaxElements = 128 };

    private protected override void On(Action<IKernelTable<string, IpSet>> test) => test(new FakeKernel().Sets);
}

public sealed class FakeEntryContractTests : TableContract<IpSetEntry, IpSetEntry>
{
    private protected override IpSetEntry Refused => TableContractRows.NoSet;

    private protected override IpSetEntry Row(int number) => TableContractRows.Entry(number);

    private protected override void On(Action<IKernelTable<IpSetEntry, IpSetEntry>> test)
    {
        var kernel = new FakeKernel();
        kernel.Sets.Set(new(TableContractRows.Set, IpSetType.HashIp, IpFamily.IPv4, 65536));
        test(kernel.Entries);
    }
}

public sealed class FakeLinkContractTests : TableContract<string, DummyLink>
{
    private protected override DummyLink Refused => TableContractRows.LongLink;

    private protected override DummyLink Row(int number) => TableContractRows.LinkRow(number);

    private protected override void On(Action<IKernelTable<string, DummyLink>> test) => test(new FakeKernel().Links);
}

public sealed class FakeAddressContractTests : TableContract<LinkAddressKey, LinkAddress>
{
    private protected override LinkAddress Refused => TableContractRows.NoLink;

    private protected override LinkAddress Row(int number) => TableContractRows.Address(number);

    private protected override LinkAddress Changed(LinkAddress row) => row with { Binding = AddressBinding.Route };

    private protected override void On(Action<IKernelTable<LinkAddressKey, LinkAddress>> test)
    {
        var kernel = new FakeKernel();
        kernel.Links.Set(new(TableContractRows.Link));
        test(kernel.Addresses);
    }
}

public sealed class FakeChainContractTests : TableContract<ChainKey, Chain>
{
    private protected override Chain Refused => TableContractRows.NoMatch;

    private protected override Chain Row(int number) => TableContractRows.ChainRow(number);

    private protected override Chain Changed(Chain row) => row with { Rules = ["-j ACCEPT"] };

    private protected override void On(Action<IKernelTable<ChainKey, Chain>> test) => test(new FakeKernel().Chains);
}

public sealed class FakeJumpContractTests : TableContract<JumpKey, Jump>
{
    private protected override Jump Refused => TableContractRows.NoTarget;

    private protected override Jump Row(int number) => TableContractRows.JumpRow(number);

    private protected override void On(Action<IKernelTable<JumpKey, Jump>> test)
    {
        var kernel = new FakeKernel();
        kernel.Chains.Set(new(new(IpFamily.IPv4, "nat", TableContractRows.Set), []));
        kernel.Jumps.AlsoRefuse = change => kernel.Chains.Rows.ContainsKey(new(IpFamily.IPv4, "nat", NetAgent.Dataplane.Ownership.JumpTarget.Of(change.Row.Key.Rule)!)) ? 0 : 2;
        test(kernel.Jumps);
    }
}

public sealed class FakeSysctlContractTests : TableContract<string, Sysctl>
{
    private protected override Sysctl Refused => TableContractRows.NoSysctl;

    private protected override Sysctl Row(int number) => TableContractRows.SysctlRow(number);

    private protected override Sysctl Changed(Sysctl row) => row with { Value = "0" };

    private protected override int Many => TableContractRows.Sysctls.Length;

    private protected override bool IsFixture => true;

    private protected override void On(Action<IKernelTable<string, Sysctl>> test)
    {
        var kernel = new FakeKernel();
        foreach (var path in TableContractRows.Sysctls)
        {
            kernel.Sysctls.Set(new(path, "0"));
        }
        kernel.Sysctls.AlsoRefuse = change => kernel.Sysctls.Rows.ContainsKey(change.Row.Path) ? 0 : 2;
        test(kernel.Sysctls);
    }
}
