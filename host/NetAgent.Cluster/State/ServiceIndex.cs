using NetAgent.Contracts;

namespace NetAgent.Cluster.State;

/// <summary>
/// Joins Services with the EndpointSlices whose label names them, whichever comes first. Nothing is kept of a Service that is gone and
/// that no slice names.
/// </summary>
internal sealed class ServiceIndex
{
    private readonly Dictionary<NamespacedName, Entry> _entries = [];
    private readonly Dictionary<NamespacedName, EndpointSlice> _slices = [];

    public int EntryCount => _entries.Count;

    public IEnumerable<NamespacedName> Services => _entries.Where(e => e.Value.Service is not null).Select(e => e.Key);

    public IEnumerable<NamespacedName> Slices => _slices.Keys;

    public Service? FindService(NamespacedName name) => _entries.GetValueOrDefault(name)?.Service;

    public EndpointSlice? FindSlice(NamespacedName name) => _slices.GetValueOrDefault(name);

    /// <summary>True when the object was not there in this form before.</summary>
    public bool Put(Service service)
    {
        var entry = EntryOf(service.Name);
        if (service.Equals(entry.Service))
        {
            return false;
        }
        entry.Service = service;
        return true;
    }

    /// <summary>Drops labels and annotations that are no longer wanted.</summary>
    public void Narrow(MetadataWish wish, ISet<NamespacedName> changed)
    {
        foreach (var (name, entry) in _entries)
        {
            if (entry.Service is { } service && wish.Narrow(service) is var narrowed && !ReferenceEquals(narrowed, service))
            {
                entry.Service = narrowed;
                changed.Add(name);
            }
        }
        foreach (var slice in _slices.Values.Select(wish.Narrow).Where(slice => !ReferenceEquals(slice, _slices[slice.Name])).ToArray())
        {
            Put(slice, changed);
        }
    }

    public bool RemoveService(NamespacedName name)
    {
        if (!_entries.TryGetValue(name, out var entry) || entry.Service is null)
        {
            return false;
        }
        entry.Service = null;
        DropIfEmpty(name, entry);
        return true;
    }

    /// <summary>Adds the Services whose endpoints changed: two when the slice moved from one to another.</summary>
    public void Put(EndpointSlice slice, ISet<NamespacedName> changed)
    {
        if (_slices.TryGetValue(slice.Name, out var before))
        {
            if (before.Equals(slice))
            {
                return;
            }
            Detach(before);
            changed.Add(before.Service);
        }
        _slices[slice.Name] = slice;
        EntryOf(slice.Service).Slices.Add(slice.Name.Name, slice);
        changed.Add(slice.Service);
    }

    public void RemoveSlice(NamespacedName name, ISet<NamespacedName> changed)
    {
        if (_slices.Remove(name, out var slice))
        {
            Detach(slice);
            changed.Add(slice.Service);
        }
    }

    /// <summary>The Service with its slices in order of name; null while only slices are there.</summary>
    public ServiceEndpoints? Find(NamespacedName name) =>
        _entries.TryGetValue(name, out var entry) && entry.Service is { } service
            ? new(service, entry.Slices.Values.ToEquatableArray())
            : null;

    private void Detach(EndpointSlice slice)
    {
        var entry = _entries[slice.Service];
        entry.Slices.Remove(slice.Name.Name);
        DropIfEmpty(slice.Service, entry);
    }

    private Entry EntryOf(NamespacedName name)
    {
        if (!_entries.TryGetValue(name, out var entry))
        {
            _entries.Add(name, entry = new());
        }
        return entry;
    }

    private void DropIfEmpty(NamespacedName name, Entry entry)
    {
        if (entry.Service is null && entry.Slices.Count == 0)
        {
            _entries.Remove(name);
        }
    }

    private sealed class Entry
    {
        public readonly SortedList<string, EndpointSlice> Slices = new(1, StringComparer.Ordinal);
        public Service? Service;
    }
}
