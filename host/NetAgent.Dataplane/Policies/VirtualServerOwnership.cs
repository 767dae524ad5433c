using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Policies;

/// <summary>
/// Whose a virtual server is that nobody wants: a plugin's that claims its address or a set that holds it; with a claim to all when the
/// state file has it, when its address is on a claimed link, or when a claimed set holds it as a node port. IPVS itself keeps no owner.
/// </summary>
internal sealed class VirtualServerOwnership(
    RowTable<VirtualServerKey, VirtualServer> servers, RowTable<LinkAddressKey, LinkAddress> addresses, RowTable<string, IpSet> sets,
    RowTable<IpSetEntry, IpSetEntry> entries, PluginRegistry plugins, AgentState state, Func<InetAddress, bool> isNodeAddress)
{
    public ushort? OwnerOf(VirtualServerKey key) => plugins.Claims
        .FirstOrDefault(p => p.Claims.OwnsAnyServer
            ? state.OwnerOfVirtualServer(key) == p.Plugin.Name || IsOnLink(p.Claims, key) || IsNodePort(p.Claims, key)
            : p.Claims.Claims.VirtualServers.Any(claim => IsIn(claim, key, p.Plugin.Name)))
        .Plugin?.Id;

    public void PresenceChanged(VirtualServer row, bool isPresent)
    {
        if (!isPresent)
        {
            state.RemoveVirtualServer(row.Key);
            return;
        }
        var plugin = plugins[servers[servers.Find(row.Key)].Plugin];
        // An observing plugin owns nothing that it finds.
        if (!plugin.ObserveOnly)
        {
            state.AddVirtualServer(row.Key, plugin.Name);
        }
    }

    private bool IsOnLink(ClaimChecks claims, VirtualServerKey key)
    {
        foreach (var link in claims.Claims.Links)
        {
            if (addresses.Find(new(link, key.Address)) is >= 0 and var slot && addresses[slot].Is(SlotStates.Present))
            {
                return true;
            }
        }
        return false;
    }

    // A member may have left a set before its virtual server could be removed: what is on record stays the plugin's.
    private bool IsIn(VirtualServerClaim claim, VirtualServerKey key, string plugin) => claim.Set is { } set
        ? state.OwnerOfVirtualServer(key) == plugin || (sets.Find(set) is >= 0 and var slot && Holds(slot, key))
        : claim.Range.Contains(key.Address);

    private bool IsNodePort(ClaimChecks claims, VirtualServerKey key)
    {
        for (var slot = 0; slot < sets.End; slot++)
        {
            ref var set = ref sets[slot];
            if (set.Is(SlotStates.Used) && claims.OwnsSet(set.Row.Name) && set.Row.Type != IpSetType.HashIp && Holds(slot, key))
            {
                return true;
            }
        }
        return false;
    }

    private bool Holds(int slot, VirtualServerKey key)
    {
        ref var set = ref sets[slot];
        return set.Is(SlotStates.Present) && set.Row.Type switch
        {
            IpSetType.HashIp => HasEntry(IpSetEntry.ForIp(set.Row.Name, key.Address)),
            IpSetType.HashIpPort => HasEntry(IpSetEntry.ForIpPort(set.Row.Name, key.Address, key.Protocol, key.Port)),
            IpSetType.BitmapPort => !NamesOther(set.Row.Name, key.Protocol) && isNodeAddress(key.Address)
                && HasEntry(IpSetEntry.ForPort(set.Row.Name, key.Port)),
            _ => false,
        };
    }

    private bool HasEntry(IpSetEntry entry) => entries.Find(entry) is >= 0 and var slot && entries[slot].Is(SlotStates.Present);

    // A bitmap holds bare ports; kube-proxy tells the protocol by the set's name.
    private static bool NamesOther(string set, IpProtocol protocol) =>
        new[] { IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp }
            .Any(p => p != protocol && set.Contains(p.ToUpperText(), StringComparison.OrdinalIgnoreCase));
}
