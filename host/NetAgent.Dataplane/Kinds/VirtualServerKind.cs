using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Kinds;

internal sealed class VirtualServerKind(TableSet tables) : RowKind<VirtualServerKey, VirtualServer>
{
    public override bool IsExclusive => true;

    public override ushort? OwnerOf(VirtualServer row, PluginRegistry plugins) => tables.Servers.OwnerOf(row.Key);

    public override string? HeldBackBy(ushort plugin, VirtualServer row) => tables.Gate.WaitsFor(plugin, row.Key.Address.Family);

    public override bool IsShielded(VirtualServer row) => tables.Plugins.Known.Any(plugin => plugin.Claims.Excludes(row.Key.Address));

    public override bool IsSwitchedOff(ushort plugin, VirtualServer row) => tables.Families.IsOff(plugin, row.Key.Address.Family);

    public override bool IsWithheld(VirtualServer row, bool isInherited) => tables.Withheld.Other(isInherited);

    public override void Written(RowChangeKind change, VirtualServer row)
    {
        if (change == RowChangeKind.Remove)
        {
            tables.Drains.ServerRemoved(row.Key);
        }
    }

    public override string ValueText(VirtualServer row)
    {
        var text = row.Scheduler;
        if (row.Flags.HasFlag(VirtualServerFlags.Persistent))
        {
            text += string.Create(CultureInfo.InvariantCulture, $" persistent {row.PersistenceTimeoutSeconds} s");
        }
        // As ipvsadm writes them: sh-fallback, mh-port.
        text += row.Flags.HasFlag(VirtualServerFlags.ShFallback) ? $" {row.Scheduler}-fallback" : "";
        return row.Flags.HasFlag(VirtualServerFlags.ShPort) ? $"{text} {row.Scheduler}-port" : text;
    }
}
