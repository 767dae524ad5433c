using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;
using NetAgent.Dataplane.Policies;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Tables;
using NetAgent.Timing;

namespace NetAgent.Dataplane.Kinds;

/// <summary>A table for every registered kind of row, and the rules that stand between them.</summary>
internal sealed class TableSet
{
    private readonly ScopeBook _scopes;
    private readonly BackOff _backOff;
    private readonly Dictionary<Type, ITableReconciler> _tables = [];
    private readonly List<ITableReconciler> _inOrder = [];
    private readonly List<ITableReconciler> _tellOwners = [];

    /// <param name="kernel">What reads and writes.</param>
    /// <param name="file">What is on record.</param>
    /// <param name="plugins">Who wants rows.</param>
    /// <param name="scopes">Their scopes.</param>
    /// <param name="backOff">When what was refused is tried again.</param>
    /// <param name="drainLimit">How long a real server may drain; zero for as long as it likes.</param>
    /// <param name="kinds">The registry.</param>
    public TableSet(
        Kernel kernel, StateFile file, PluginRegistry plugins, ScopeBook scopes, BackOff backOff, TimeSpan drainLimit,
        IReadOnlyList<Action<TableSet>> kinds)
    {
        (Kernel, File, Plugins, _scopes, _backOff) = (kernel, file, plugins, scopes, backOff);
        Families = new(plugins);
        foreach (var add in kinds)
        {
            add(this);
        }
        Sizes = new(MarkSet);
        Withheld = new(this);
        Flows = new(kernel.Tables.Flows, backOff);
        Gate = new(Chains.Standing, Jumps.Standing);
        Drains = new(RealServers.Rows, kernel.Tables.Connections, drainLimit);
        Servers = new(
            VirtualServers.Rows, Addresses.Rows, IpSets.Rows, IpSetEntries.Rows, plugins, file.State, kernel.Tables.IsNodeAddress);
        Adoption = new(VirtualServers.Rows, RealServers.Rows, _inOrder.IndexOf(RealServers), plugins, scopes);
        IpSetEntries.Rows.Claims.Counted = Sizes.Count;
        IpSetEntries.Rows.PresenceChanged = Present.Count;
        VirtualServers.Rows.Claims.HolderChanged = MarkRealServers;
        VirtualServers.Rows.PresenceChanged = Servers.PresenceChanged;
        VirtualServers.Rows.PresenceChanged += Present.Count;
        RealServers.Rows.PresenceChanged = Flows.PresenceChanged;
        RealServers.Rows.PresenceChanged += Present.Count;
    }

    /// <summary>In order of writing; the opposite is the order of removal.</summary>
    public IReadOnlyList<ITableReconciler> InOrderOfWriting => _inOrder;

    /// <summary>Those first that tell who owns rows of others.</summary>
    public IReadOnlyList<ITableReconciler> InOrderOfReading => [.. _tellOwners, .. _inOrder.Except(_tellOwners)];

    public IReadOnlyList<IPassPolicy> Policies => [Withheld, Gate, Drains, Flows];

    public PluginRegistry Plugins { get; }

    public StateFile File { get; }

    public AgentState State => File.State;

    public Kernel Kernel { get; }

    public HealthCheckPortTable Ports { get; } = new();

    public SetSizes Sizes { get; }

    public Drains Drains { get; }

    public UdpFlows Flows { get; }

    public FilterGate Gate { get; }

    public FamilySwitch Families { get; }

    public VirtualServerOwnership Servers { get; }

    public PresentCounts Present { get; } = new();

    public HolderAdoption Adoption { get; }

    public Withheld Withheld { get; }

    public TableReconciler<string, Sysctl> Sysctls => Of<string, Sysctl>();

    public TableReconciler<string, IpSet> IpSets => Of<string, IpSet>();

    public TableReconciler<IpSetEntry, IpSetEntry> IpSetEntries => Of<IpSetEntry, IpSetEntry>();

    public TableReconciler<ChainKey, Chain> Chains => Of<ChainKey, Chain>();

    public TableReconciler<JumpKey, Jump> Jumps => Of<JumpKey, Jump>();

    public TableReconciler<string, DummyLink> Links => Of<string, DummyLink>();

    public TableReconciler<string, IpvsTimeouts> Timeouts => Of<string, IpvsTimeouts>();

    public TableReconciler<VirtualServerKey, VirtualServer> VirtualServers => Of<VirtualServerKey, VirtualServer>();

    public TableReconciler<RealServerKey, RealServer> RealServers => Of<RealServerKey, RealServer>();

    public TableReconciler<LinkAddressKey, LinkAddress> Addresses => Of<LinkAddressKey, LinkAddress>();

    public TableReconciler<string, ConfigFile> Files => Of<string, ConfigFile>();

    /// <summary>Adds a kind behind those added so far.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="table">What reads and writes it; null for the kernel's.</param>
    public void Add<TKey, TRow>(RowKind<TKey, TRow> kind, IKernelTable<TKey, TRow>? table = null)
        where TKey : notnull, IEquatable<TKey>
        where TRow : struct, IRow<TKey>, IEquatable<TRow>
    {
        var kernel = kind.Over(table ?? Kernel.Tables.Of<TKey, TRow>());
        var added = new TableReconciler<TKey, TRow>(kind, _inOrder.Count, kernel, new(), Plugins, _backOff);
        _tables.Add(typeof(TRow), added);
        _inOrder.Add(added);
        if (kind.TellsOwners)
        {
            _tellOwners.Add(added);
        }
    }

    public TableReconciler<TKey, TRow> Of<TKey, TRow>()
        where TKey : notnull, IEquatable<TKey>
        where TRow : struct, IRow<TKey>, IEquatable<TRow> => (TableReconciler<TKey, TRow>)_tables[typeof(TRow)];

    /// <summary>The kernel is believed to have this link.</summary>
    public bool HasLink(string name) => Links.Rows.Find(name) is >= 0 and var slot && Links.Rows[slot].Is(SlotStates.Present);

    /// <summary>The kernel is believed to have this as an address, not as a route.</summary>
    public bool HasAddress(LinkAddressKey key) => Addresses.Rows.Find(key) is >= 0 and var slot
        && Addresses.Rows[slot].Is(SlotStates.Present) && Addresses.Rows.Actual(slot).Binding == AddressBinding.Address;

    /// <summary>The plugin that a row is known of; empty when the row is not known.</summary>
    public string PluginOf<TKey, TRow>(TableReconciler<TKey, TRow> table, TKey key)
        where TKey : notnull, IEquatable<TKey>
        where TRow : struct, IRow<TKey>, IEquatable<TRow> =>
        table.Rows.Find(key) is >= 0 and var slot ? Plugins[table.Rows[slot].Plugin].Name : "";

    private void MarkRealServers(VirtualServerKey server, IReadOnlyList<int> changed)
    {
        var rows = RealServers.Rows;
        var kind = _inOrder.IndexOf(RealServers);
        foreach (var scope in changed)
        {
            foreach (var slot in _scopes[scope].Rows(kind))
            {
                if (rows[slot].Row.Key.Server == server)
                {
                    rows.MarkDirty(slot);
                }
            }
        }
    }

    private void MarkSet(string set)
    {
        if (IpSets.Rows.Find(set) is >= 0 and var slot)
        {
            IpSets.Rows.MarkDirty(slot);
        }
    }
}
