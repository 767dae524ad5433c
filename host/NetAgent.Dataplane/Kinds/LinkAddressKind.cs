using NetAgent.Contracts;
using NetAgent.Dataplane.Reconcile;

namespace NetAgent.Dataplane.Kinds;

internal sealed class LinkAddressKind(TableSet tables) : RowKind<LinkAddressKey, LinkAddress>
{
    public override bool TellsOwners => true;

    public override string? HeldBackBy(ushort plugin, LinkAddress row) => tables.Gate.WaitsFor(plugin, row.Key.Address.Family);

    public override string? WaitsFor(LinkAddress row) => tables.Links.Standing.IsMissing(row.Key.Link) ? $"link {row.Key.Link}" : null;

    public override bool IsSwitchedOff(ushort plugin, LinkAddress row) => tables.Families.IsOff(plugin, row.Key.Address.Family);

    public override bool IsWithheld(LinkAddress row, bool isInherited) => tables.Withheld.Address(row, isInherited);

    public override string ValueText(LinkAddress row) => row.Binding == AddressBinding.Route ? "local route" : "address";
}
