using NetAgent.Contracts;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Tests.Reconcile;

// The tables of the kernel in memory, held to what the kernel's own are held to (tests/Kernel/Contract).

public sealed class FakeVirtualServerContractTests : VirtualServerContract
{
    private protected override void On(Action<IKernelTable<VirtualServerKey, VirtualServer>> test) => test(new FakeKernel().VirtualServers);
}

public sealed class FakeRealServerContractTests : RealServerContract
{
    private protected override void On(Action<IKernelTable<RealServerKey, RealServer>> test)
    {
        var kernel = new FakeKernel();
        kernel.VirtualServers.Set(TableContractRows.Server(79));
        test(kernel.RealServers);
    }
}

public sealed class FakeSetContractTests : SetContract
{
    private protected override void On(Action<IKernelTable<string, IpSet>> test) => test(new FakeKernel().Sets);
}

public sealed class FakeEntryContractTests : EntryContract
{
    private protected override void On(Action<IKernelTable<IpSetEntry, IpSetEntry>> test)
    {
        var kernel = new FakeKernel();
        kernel.Sets.Set(new(TableContractRows.Set, IpSetType.HashIp, IpFamily.IPv4) { MaxElements = 65536 });
        test(kernel.Entries);
    }
}

public sealed class FakeLinkContractTests : LinkContract
{
    private protected override void On(Action<IKernelTable<string, DummyLink>> test) => test(new FakeKernel().Links);
}

public sealed class FakeAddressContractTests : AddressContract
{
    private protected override void On(Action<IKernelTable<LinkAddressKey, LinkAddress>> test)
    {
        var kernel = new FakeKernel();
        kernel.Links.Set(new(TableContractRows.Link));
        test(kernel.Addresses);
    }
}

public sealed class FakeChainContractTests : ChainContract
{
    private protected override void On(Action<IKernelTable<ChainKey, Chain>> test) => test(new FakeKernel().Chains);
}

public sealed class FakeJumpContractTests : JumpContract
{
    private protected override void On(Action<IKernelTable<JumpKey, Jump>> test)
    {
        var kernel = new FakeKernel();
        kernel.Chains.Set(new(new(IpFamily.IPv4, "nat", TableContractRows.Set), []));
        kernel.Jumps.AlsoRefuse = change => kernel.Chains.Rows.ContainsKey(new(IpFamily.IPv4, "nat", NetAgent.Dataplane.Ownership.JumpTarget.Of(change.Row.Key.Rule)!)) ? 0 : 2;
        test(kernel.Jumps);
    }
}

public sealed class FakeSysctlContractTests : SysctlContract
{
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
