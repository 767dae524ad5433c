using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;
using NetAgent.Dataplane.Reconcile;

namespace NetAgent.Dataplane.Kinds;

internal sealed class JumpKind(TableSet tables) : RowKind<JumpKey, Jump>
{
    public override bool IsOrdered => true;

    // Present is right: nobody moves a jump that others have inserted before.
    public override bool Satisfies(Jump actual, Jump wanted) => wanted.Key == actual.Key;

    public override string? WaitsFor(Jump row) =>
        JumpTarget.Of(row.Key.Rule) is { } target && new ChainKey(row.Key.Family, row.Key.Table, target) is var chain && tables.Chains.Standing.IsMissing(chain)
            ? $"chain {chain}"
            : null;

    public override bool IsSwitchedOff(ushort plugin, Jump row) => tables.Families.IsOff(plugin, row.Key.Family);

    public override bool IsWithheld(Jump row, bool isInherited) => tables.Withheld.Other(isInherited);

    public override int Order(Jump row) => row.Order;

    public override string ValueText(Jump row) => row.Position == JumpPosition.First ? "first" : "last";
}
