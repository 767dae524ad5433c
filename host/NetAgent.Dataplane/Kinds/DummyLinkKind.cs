using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;
using NetAgent.Dataplane.Reconcile;

namespace NetAgent.Dataplane.Kinds;

internal sealed class DummyLinkKind(TableSet tables) : RowKind<string, DummyLink>
{
    public override string Claim => nameof(PluginClaims.Links);

    public override bool IsClaimed(ClaimChecks claims, DummyLink row) => claims.OwnsLink(row.Name);

    public override string Describe(DummyLink row) => $"link {row.Name}";

    public override bool IsWithheld(DummyLink row, bool isInherited) => tables.Withheld.Other(isInherited);
}
