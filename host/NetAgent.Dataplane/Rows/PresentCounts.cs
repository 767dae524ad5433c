using System.Runtime.InteropServices;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Rows;

/// <summary>How many rows of some kinds the kernel is believed to have.</summary>
internal sealed class PresentCounts
{
    private readonly Dictionary<string, int> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<VirtualServerKey, int> _realServers = [];

    public int VirtualServers4 { get; private set; }

    /// <summary>Sets with members.</summary>
    public IEnumerable<string> Sets => _members.Keys;

    public int MembersOf(string set) => _members.GetValueOrDefault(set);

    public int RealServersOf(VirtualServerKey server) => _realServers.GetValueOrDefault(server);

    public void Count(IpSetEntry entry, bool isPresent) => Count(_members, entry.Set, isPresent);

    public void Count(RealServer row, bool isPresent) => Count(_realServers, row.Key.Server, isPresent);

    public void Count(VirtualServer server, bool isPresent)
    {
        if (server.Key.Address.Family == IpFamily.IPv4)
        {
            VirtualServers4 += isPresent ? 1 : -1;
        }
    }

    private static void Count<TKey>(Dictionary<TKey, int> counts, TKey key, bool isPresent)
        where TKey : notnull
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _);
        count += isPresent ? 1 : -1;
        if (count == 0)
        {
            counts.Remove(key);
        }
    }
}
