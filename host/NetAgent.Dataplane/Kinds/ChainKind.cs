using NetAgent.Contracts;
using NetAgent.Dataplane.Reconcile;

namespace NetAgent.Dataplane.Kinds;

internal sealed class ChainKind(TableSet tables) : RowKind<ChainKey, Chain>
{
    public override Chain Target(Chain wanted) => tables.Withheld.Chain(wanted);

    public override string? WaitsFor(Chain row) =>
        RuleSets.Of(row).FirstOrDefault(tables.IpSets.Standing.IsMissing) is { } set ? $"set {set}" : null;

    public override bool IsSwitchedOff(ushort plugin, Chain row) => tables.Families.IsOff(plugin, row.Key.Family);

    public override bool IsWithheld(Chain row, bool isInherited) => tables.Withheld.Other(isInherited);

    public override string ValueText(Chain row) => string.Join('\n', (IReadOnlyList<string>)row.Rules);
}
