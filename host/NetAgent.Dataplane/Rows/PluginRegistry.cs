using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;

namespace NetAgent.Dataplane.Rows;

/// <summary>A plugin as the dataplane knows it.</summary>
internal sealed class PluginEntry(ushort id, string name)
{
    public ushort Id { get; } = id;

    public string Name { get; } = name;

    public ClaimChecks Claims { get; set; } = new(PluginClaims.None);

    /// <summary>
    /// What it claimed before and does not any more. Its state there goes once the plugin has said all it wants; until then it must not be
    /// forgotten. A claim that another plugin has now counts more.
    /// </summary>
    public ClaimChecks? Earlier { get; set; }

    /// <summary>The slice, while open.</summary>
    public Slice? Slice { get; set; }

    /// <summary>It has said all it wants.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Its first complete set of rows was compared with the kernel.</summary>
    public bool IsAdopted { get; set; }

    /// <summary>Its slice was closed and its state is being removed.</summary>
    public bool IsLeaving { get; set; }

    public bool ObserveOnly { get; set; }

    public bool IsKnown => Slice is not null || IsLeaving;

    /// <summary>What it does not want within its claims may go.</summary>
    public bool MayPrune => IsKnown && (IsComplete || IsLeaving);
}

/// <summary>Plugins by number: rows name theirs by two bytes. A number is never given to another name.</summary>
internal sealed class PluginRegistry
{
    private readonly List<PluginEntry> _entries = [];

    public PluginEntry this[ushort id] => _entries[id];

    /// <summary>Names of plugins whose configuration could not be read.</summary>
    public IReadOnlySet<string> Unsure { get; set; } = new HashSet<string>();

    public bool IsUnsure(ushort id) => Unsure.Count > 0 && Unsure.Contains(_entries[id].Name);

    /// <summary>Open plugins first, so that state passes to them from one that is leaving.</summary>
    public IEnumerable<PluginEntry> Known =>
        _entries.Where(e => e.Slice is not null).Concat(_entries.Where(e => e.Slice is null && e.IsLeaving));

    public IEnumerable<ushort> Prunable => _entries.Where(e => e.MayPrune).Select(e => e.Id);

    public PluginEntry? Find(string name) => _entries.Find(e => e.Name == name && e.IsKnown);

    public PluginEntry GetOrAdd(string name)
    {
        var entry = _entries.Find(e => e.Name == name);
        if (entry is null)
        {
            _entries.Add(entry = new((ushort)_entries.Count, name));
        }
        return entry;
    }

    /// <summary>Claims that count, the stronger first: those of open plugins, of leaving ones, and earlier ones.</summary>
    public IEnumerable<(PluginEntry Plugin, ClaimChecks Claims)> Claims => Known.Select(e => (e, e.Claims))
        .Concat(Known.Where(e => e.Earlier is not null).Select(e => (e, e.Earlier!)));

    /// <summary>The first plugin whose claims fit.</summary>
    public ushort? OwnerOf(Func<ClaimChecks, bool> owns)
    {
        foreach (var (plugin, claims) in Claims)
        {
            if (owns(claims))
            {
                return plugin.Id;
            }
        }
        return null;
    }
}
