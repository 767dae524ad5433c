using System.Numerics;
using System.Runtime.InteropServices;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Policies;

/// <summary>
/// How many members sets are to hold, so that a set gets room before its 65,537th (kubernetes/kubernetes lists it as a limit).
/// </summary>
internal sealed class SetSizes(Action<string> outgrown)
{
    private readonly Dictionary<(ushort Plugin, string Set), int> _counts = [];
    private readonly Dictionary<string, uint> _room = new(StringComparer.Ordinal);

    public void Count(ushort plugin, IpSetEntry entry, int change)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, (plugin, entry.Set), out _);
        count += change;
        if (change > 0 && _room.TryGetValue(entry.Set, out var room) && count > room)
        {
            outgrown(entry.Set);
        }
    }

    public int CountOf(ushort plugin, string set) => _counts.GetValueOrDefault((plugin, set));

    /// <summary>The set as wanted, or with room for all its members and a quarter more.</summary>
    public IpSet Fit(IpSet set)
    {
        if (set.MaxElements == 0)
        {
            return set;
        }
        var count = _counts.Where(c => c.Key.Set == set.Name).Sum(c => c.Value);
        var room = count <= set.MaxElements ? set.MaxElements : BitOperations.RoundUpToPowerOf2((uint)(count + (count / 4)));
        _room[set.Name] = room;
        return set with { MaxElements = room };
    }
}
