using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Iptables;

/// <summary>
/// What iptables-save shows of the tables in use, shared by the chain and the jump table: each of them is served one dump once, so that a
/// verification that reads both lists every kernel table a single time.
/// </summary>
internal sealed class IptablesView(IReadOnlyList<IIptables> tools, TimeProvider time)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(2);

    private readonly Dictionary<(IpFamily Family, string Table), SavedTable> _dump = [];
    private readonly HashSet<object> _served = new(ReferenceEqualityComparer.Instance);
    private long _taken;

    /// <summary>What a read lists. Listing a legacy table creates it, so name only those in use.</summary>
    public IReadOnlyCollection<(IpFamily Family, string Table)> InUse { get; set; } =
        [.. tools.SelectMany(t => new[] { (t.Family, "nat"), (t.Family, "filter") })];

    /// <summary>Tables of IPv6 that this kernel does not have (now): listing them fails.</summary>
    public IReadOnlyCollection<string> MissingTables6 { get; set; } = [];

    /// <summary>What there is of the tables in use.</summary>
    public IEnumerable<(IpFamily Family, string Table)> Present => InUse.Where(use => IsThere(use.Family, use.Table));

    /// <summary>The back end of both families; null where no tools work.</summary>
    public IptablesBackend? Backend => tools.Count > 0 ? tools[0].Backend : null;

    /// <summary>Tools of a family, or null where they do not work.</summary>
    public IIptables? Tool(IpFamily family) => tools.FirstOrDefault(t => t.Family == family);

    /// <summary>All tables in use, as of now for this reader.</summary>
    /// <exception cref="KernelException">One cannot be read.</exception>
    public IReadOnlyDictionary<(IpFamily Family, string Table), SavedTable> ReadFor(object reader)
    {
        if (_dump.Count == 0 || time.GetElapsedTime(_taken) > MaxAge || !_served.Add(reader)
            || !Present.All(_dump.ContainsKey))
        {
            Forget();
            foreach (var (family, table) in Present)
            {
                _dump[(family, table)] = Tool(family)!.Save(table);
            }
            _taken = time.GetTimestamp();
            _served.Add(reader);
        }
        return _dump;
    }

    /// <summary>The table can be listed.</summary>
    public bool IsThere(IpFamily family, string table) =>
        Tool(family) is not null && (family != IpFamily.IPv6 || !MissingTables6.Contains(table));

    /// <summary>One table as it is this moment.</summary>
    public SavedTable ReadNow(IpFamily family, string table) =>
        (Tool(family) ?? throw Missing(family)).Save(table);

    /// <summary>The rules of a table as iptables-save prints them, for <see cref="NodeFacts.IptablesTables"/>.</summary>
    public IptablesTableFacts ReadFacts(IpFamily family, string table) =>
        FactsOf(family, ReadNow(family, table), Tool(family)!.Backend, isOther: false);

    public static IptablesTableFacts FactsOf(IpFamily family, SavedTable table, IptablesBackend backend, bool isOther) => new(
        family, table.Name, table.Chains.Values.SelectMany(c => c.Rules.Select(r => $"-A {c.Name} {r}")).ToEquatableArray())
    {
        Backend = backend == IptablesBackend.Nft ? "nft" : "legacy",
        IsOtherBackend = isOther,
    };

    /// <summary>Something was written: the dump is old.</summary>
    public void Forget()
    {
        _dump.Clear();
        _served.Clear();
    }

    public static KernelException Missing(IpFamily family) => new(
        family == IpFamily.IPv6 ? "ip6tables-restore" : "iptables-restore", 2,
        $"no working {(family == IpFamily.IPv6 ? "ip6tables" : "iptables")} on this node: install the iptables package, nft or legacy as"
            + " the kubelet uses it");
}
