using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Kinds;

internal sealed class RealServerKind(TableSet tables) : RowKind<RealServerKey, RealServer>
{
    public override IRemovalPolicy<RealServer> Removal => tables.Drains;

    public override ushort? OwnerOf(RealServer row, PluginRegistry plugins) =>
        Servers.Find(row.Key.Server) is >= 0 and var slot ? Servers[slot].Plugin : null;

    public override string? WaitsFor(RealServer row) =>
        tables.VirtualServers.Standing.IsMissing(row.Key.Server) ? $"virtual server {row.Key.Server}" : null;

    public override bool IsRemovedWithParent(RealServer row) => tables.VirtualServers.Standing.IsLeaving(row.Key.Server);

    // Real servers follow the claim to their virtual server: else two Services that want one address would share its connections.
    public override bool IsSuppressed(int scope, RealServer row) => Servers.Find(row.Key.Server) is >= 0 and var slot
        && Servers[slot].Is(SlotStates.Shared) && Servers[slot].Holder != scope && Servers.Claims.HasClaim(slot, scope);

    public override bool IsSwitchedOff(ushort plugin, RealServer row) => tables.Families.IsOff(plugin, row.Key.Server.Address.Family);

    public override bool IsWithheld(RealServer row, bool isInherited) => tables.Withheld.RealServer(row, isInherited);

    public override void Written(RowChangeKind change, RealServer row) => tables.Flows.Written(change, row);

    public override string ValueText(RealServer row) =>
        string.Create(CultureInfo.InvariantCulture, $"weight {row.Weight}{(row.ForwardsOtherwise ? ", not masquerading" : "")}");

    private RowTable<VirtualServerKey, VirtualServer> Servers => tables.VirtualServers.Rows;
}
