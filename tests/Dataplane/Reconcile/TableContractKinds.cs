using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests.Reconcile;

// The rows of each kind, the same for the tables in memory and the kernel's.

public abstract class VirtualServerContract : TableContract<VirtualServerKey, VirtualServer>
{
    private protected override VirtualServer Refused => TableContractRows.NoScheduler;

    private protected override VirtualServer Row(int number) => TableContractRows.Server(number);

    private protected override VirtualServer Changed(VirtualServer row) => row with { Scheduler = "wrr" };
}

public abstract class RealServerContract : TableContract<RealServerKey, RealServer>
{
    private protected override RealServer Refused => TableContractRows.NoServer;

    private protected override RealServer Row(int number) => TableContractRows.Real(number);

    private protected override RealServer Changed(RealServer row) => row with { Weight = 7 };
}

public abstract class SetContract : TableContract<string, IpSet>
{
    private protected override IpSet Refused => TableContractRows.LongSet;

    private protected override IpSet Row(int number) => TableContractRows.SetRow(number);

    private protected override IpSet Changed(IpSet row) => row with { MaxElements = 128 };
}

public abstract class EntryContract : TableContract<IpSetEntry, IpSetEntry>
{
    private protected override IpSetEntry Refused => TableContractRows.NoSet;

    private protected override IpSetEntry Row(int number) => TableContractRows.Entry(number);
}

public abstract class LinkContract : TableContract<string, DummyLink>
{
    private protected override DummyLink Refused => TableContractRows.LongLink;

    private protected override DummyLink Row(int number) => TableContractRows.LinkRow(number);
}

public abstract class AddressContract : TableContract<LinkAddressKey, LinkAddress>
{
    private protected override LinkAddress Refused => TableContractRows.NoLink;

    private protected override LinkAddress Row(int number) => TableContractRows.Address(number);

    private protected override LinkAddress Changed(LinkAddress row) => row with { Binding = AddressBinding.Route };
}

public abstract class ChainContract : TableContract<ChainKey, Chain>
{
    private protected override Chain Refused => TableContractRows.NoMatch;

    private protected override Chain Row(int number) => TableContractRows.ChainRow(number);

    private protected override Chain Changed(Chain row) => row with { Rules = ["-j ACCEPT"] };
}

public abstract class JumpContract : TableContract<JumpKey, Jump>
{
    private protected override Jump Refused => TableContractRows.NoTarget;

    private protected override Jump Row(int number) => TableContractRows.JumpRow(number);
}

public abstract class SysctlContract : TableContract<string, Sysctl>
{
    private protected override Sysctl Refused => TableContractRows.NoSysctl;

    private protected override Sysctl Row(int number) => TableContractRows.SysctlRow(number);

    private protected override Sysctl Changed(Sysctl row) => row with { Value = "0" };

    private protected override int Many => TableContractRows.Sysctls.Length;

    private protected override bool IsFixture => true;
}
