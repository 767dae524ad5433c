using NetAgent.Contracts;
using NetAgent.Dataplane.Reconcile;

namespace NetAgent.Dataplane.Kinds;

internal sealed class IpSetEntryKind(TableSet tables) : RowKind<IpSetEntry, IpSetEntry>
{
    public override bool TellsOwners => true;

    public override string? WaitsFor(IpSetEntry row) => tables.IpSets.Standing.IsMissing(row.Set) ? $"set {row.Set}" : null;

    public override bool IsRemovedWithParent(IpSetEntry row) => tables.IpSets.Standing.IsLeaving(row.Set);

    public override bool IsSwitchedOff(ushort plugin, IpSetEntry row) =>
        tables.Families.IsAnyOff && tables.Families.IsOff(plugin, FamilyOf(row));

    public override bool IsWithheld(IpSetEntry row, bool isInherited) => tables.Withheld.Entry(row, isInherited);

    private IpFamily FamilyOf(IpSetEntry row) =>
        tables.IpSets.Rows.Find(row.Set) is >= 0 and var slot ? tables.IpSets.Rows[slot].Row.Family : IpFamily.None;
}
