using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Kinds;

internal sealed class IpvsTimeoutsKind(TableSet tables) : RowKind<string, IpvsTimeouts>
{
    public override IKernelTable<string, IpvsTimeouts> Over(IKernelTable<string, IpvsTimeouts> kernel) =>
        new RestoringTimeouts(kernel, tables.File, () => tables.PluginOf(tables.Timeouts, default(IpvsTimeouts).Key));

    public override ushort? OwnerOf(IpvsTimeouts row, PluginRegistry plugins) =>
        tables.State.Timeouts is { } saved ? plugins.Find(saved.Plugin)?.Id : null;

    public override bool Satisfies(IpvsTimeouts actual, IpvsTimeouts wanted) => Fits(wanted.TcpSeconds, actual.TcpSeconds)
        && Fits(wanted.TcpFinSeconds, actual.TcpFinSeconds) && Fits(wanted.UdpSeconds, actual.UdpSeconds);

    public override bool IsWithheld(IpvsTimeouts row, bool isInherited) => tables.Withheld.Other(isInherited);

    public override string ValueText(IpvsTimeouts row) =>
        string.Create(CultureInfo.InvariantCulture, $"tcp {row.TcpSeconds} s, tcp-fin {row.TcpFinSeconds} s, udp {row.UdpSeconds} s");

    private static bool Fits(uint wanted, uint actual) => wanted == 0 || wanted == actual;
}
