using NetAgent.Contracts;
using NetAgent.Dataplane.Reconcile;

namespace NetAgent.Dataplane.Kinds;

internal sealed class DummyLinkKind(TableSet tables) : RowKind<string, DummyLink>
{
    public override bool IsWithheld(DummyLink row, bool isInherited) => tables.Withheld.Other(isInherited);
}
