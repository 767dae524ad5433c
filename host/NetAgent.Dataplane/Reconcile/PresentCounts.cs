using System.Runtime.InteropServices;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>How many rows of some kinds the kernel is believed to have.</summary>
internal sealed class PresentCounts
{
    private readonly Dictionary<string, int> _members = new(StringComparer.Ordinal);

    public int VirtualServers4 { get; private set; }

    /// <summary>Sets with members.</summary>
    public IEnumerable<string> Sets => _members.Keys;

    public int MembersOf(string set) => _members.GetValueOrDefault(set);

    public void Count(IpSetEntry entry, bool isPresent)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_members, entry.Set, out _);
        count += isPresent ? 1 : -1;
        if (count == 0)
        {
            _members.Remove(entry.Set);
        }
    }

    public void Count(VirtualServer server, bool isPresent)
    {
        if (server.Key.Address.Family == IpFamily.IPv4)
        {
            VirtualServers4 += isPresent ? 1 : -1;
        }
    }
}
