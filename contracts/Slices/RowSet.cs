namespace NetAgent.Contracts;

/// <summary>
/// The rows of one scope, gathered by a plugin and handed to <see cref="ISlice.Replace"/>. May be cleared and used again.
/// </summary>
public sealed class RowSet
{
    private readonly Dictionary<Type, IRowList> _rows = [];

    private interface IRowList
    {
        void Clear();

        void CopyTo(RowSet rows);
    }

    /// <summary>IPVS services.</summary>
    public IList<VirtualServer> VirtualServers => Of<VirtualServer>();

    /// <summary>IPVS destinations.</summary>
    public IList<RealServer> RealServers => Of<RealServer>();

    /// <summary>IPVS timeouts, at most one.</summary>
    public IList<IpvsTimeouts> IpvsTimeouts => Of<IpvsTimeouts>();

    /// <summary>Dummy links.</summary>
    public IList<DummyLink> Links => Of<DummyLink>();

    /// <summary>Addresses on links.</summary>
    public IList<LinkAddress> Addresses => Of<LinkAddress>();

    /// <summary>Sets.</summary>
    public IList<IpSet> IpSets => Of<IpSet>();

    /// <summary>Members of sets.</summary>
    public IList<IpSetEntry> IpSetEntries => Of<IpSetEntry>();

    /// <summary>Chains.</summary>
    public IList<Chain> Chains => Of<Chain>();

    /// <summary>Jumps into chains.</summary>
    public IList<Jump> Jumps => Of<Jump>();

    /// <summary>Sysctls.</summary>
    public IList<Sysctl> Sysctls => Of<Sysctl>();

    /// <summary>Files.</summary>
    public IList<ConfigFile> Files => Of<ConfigFile>();

    /// <summary>Health-check node ports.</summary>
    public IList<HealthCheckPort> HealthCheckPorts => Of<HealthCheckPort>();

    /// <summary>What an operator should see about this scope.</summary>
    public IList<Notice> Notices { get; } = new List<Notice>();

    /// <summary>Gauges about this scope.</summary>
    public IList<Gauge> Gauges { get; } = new List<Gauge>();

    /// <summary>The rows of one kind, whichever kinds this version names. A kind that the agent does not know is left out.</summary>
    /// <typeparam name="TRow">The kind: <see cref="VirtualServer"/>, ….</typeparam>
    public IList<TRow> Of<TRow>()
        where TRow : struct
    {
        if (!_rows.TryGetValue(typeof(TRow), out var rows))
        {
            _rows.Add(typeof(TRow), rows = new RowList<TRow>());
        }
        return (RowList<TRow>)rows;
    }

    /// <summary>The same rows, notices and gauges in a set of their own.</summary>
    public RowSet Copy()
    {
        var copy = new RowSet();
        foreach (var rows in _rows.Values)
        {
            rows.CopyTo(copy);
        }
        ((List<Notice>)copy.Notices).AddRange(Notices);
        ((List<Gauge>)copy.Gauges).AddRange(Gauges);
        return copy;
    }

    /// <summary>Empties every list, keeping their room.</summary>
    public void Clear()
    {
        foreach (var rows in _rows.Values)
        {
            rows.Clear();
        }
        Notices.Clear();
        Gauges.Clear();
    }

    private sealed class RowList<TRow> : List<TRow>, IRowList
        where TRow : struct
    {
        public void CopyTo(RowSet rows) => ((RowList<TRow>)rows.Of<TRow>()).AddRange(this);
    }
}
