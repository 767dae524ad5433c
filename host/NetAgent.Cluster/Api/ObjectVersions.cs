using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Api;

/// <summary>
/// Which version of each object is in the store, so that an event that comes late or twice does not turn time back (resourceVersions of
/// one resource can be compared: KEP-5504), and so that a new list shows what is gone.
/// </summary>
internal sealed class ObjectVersions
{
    private const int KeptDeletions = 1024;

    private readonly Dictionary<NamespacedName, ulong> _deleted = [];
    private readonly Queue<NamespacedName> _deletionOrder = [];
    private Dictionary<NamespacedName, ulong> _present = [];

    public int Count => _present.Count;

    public bool Contains(NamespacedName name) => _present.ContainsKey(name);

    /// <summary>Takes down a listed object's version, whatever was known.</summary>
    public ulong Set(NamespacedName name, string? version) => _present[name] = Number(version);

    /// <summary>True, and taken down, unless something newer is known.</summary>
    public bool TryPut(NamespacedName name, string? version)
    {
        var number = Number(version);
        if (number != 0 && ((_present.TryGetValue(name, out var known) && known >= number)
            || (_deleted.TryGetValue(name, out known) && known >= number)))
        {
            return false;
        }
        _present[name] = number;
        return true;
    }

    /// <summary>True, and taken down, unless something newer is known.</summary>
    public bool TryDelete(NamespacedName name, string? version)
    {
        var number = Number(version);
        if (!_present.TryGetValue(name, out var known) || (number != 0 && known > number))
        {
            return false;
        }
        _present.Remove(name);
        _deleted[name] = number;
        _deletionOrder.Enqueue(name);
        while (_deletionOrder.Count > KeptDeletions)
        {
            _deleted.Remove(_deletionOrder.Dequeue());
        }
        return true;
    }

    /// <summary>Takes a new list's versions as the truth, whatever was known, and returns the names that it no longer holds.</summary>
    public IReadOnlyList<NamespacedName> Replace(Dictionary<NamespacedName, ulong> listed)
    {
        var gone = _present.Keys.Where(name => !listed.ContainsKey(name)).ToArray();
        _present = listed;
        _deleted.Clear();
        _deletionOrder.Clear();
        return gone;
    }

    /// <summary>0 for a version that is no number, which is then always taken for newer.</summary>
    public static ulong Number(string? version) =>
        ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
