using NetAgent.Contracts;
using NetAgent.Dataplane.IpSets;
using NetAgent.Dataplane.Ownership;
using NetAgent.Dataplane.Policies;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Kinds;

/// <summary>All tables, how they depend on each other, and the orders in which they are read and written.</summary>
internal sealed class TableSet
{
    private readonly VirtualServerOwnership _servers;
    private readonly SetSizes _sizes;

    public TableSet(
        KernelTables kernel, PluginRegistry plugins, ScopeBook scopes, AgentState state, RetrySchedule schedule, TimeSpan drainLimit)
    {
        _servers = new(this, plugins, state, kernel.IsNodeAddress);
        _sizes = new(set => MarkSet(set));
        Withheld = new(this);
        Flows = new(kernel.Flows, schedule);
        Sysctls = Table(kernel.Sysctls, new TableRules<string, Sysctl>
        {
            OwnerOf = row => state.OwnerOfSysctl(row.Path) is { } name ? plugins.Find(name)?.Id : null,
            Order = row => row.Order,
            IsWithheld = (_, isInherited) => Withheld.Other(isInherited),
            ValueText = RowText.Of,
        });
        IpSets = Table(kernel.IpSets, new TableRules<string, IpSet>
        {
            OwnerOf = row => plugins.OwnerOf(c => c.OwnsSet(row.Name) || (row.Name == IpSetRebuild.TemporaryName && c.Claims.IpSets.Count > 0)),
            Target = row => _sizes.Fit(row),
            Satisfies = static (wanted, actual) => wanted.MaxElements <= actual.MaxElements && wanted == actual with { MaxElements = wanted.MaxElements },
            IsWithheld = (_, isInherited) => Withheld.Other(isInherited),
            ValueText = RowText.Of,
        });
        IpSetEntries = Table(
            kernel.IpSetEntries,
            new TableRules<IpSetEntry, IpSetEntry>
            {
                OwnerOf = row => plugins.OwnerOf(c => c.OwnsSet(row.Set)),
                WaitsFor = row => IpSets!.IsMissing(row.Set) ? $"set {row.Set}" : null,
                RemovedWithParent = row => IpSets!.IsLeaving(row.Set),
                IsWithheld = Withheld.Entry,
            },
            new RowTable<IpSetEntry, IpSetEntry> { Counted = _sizes.Count, PresenceChanged = Present.Count });
        Chains = Table(kernel.Chains, new TableRules<ChainKey, Chain>
        {
            OwnerOf = row => plugins.OwnerOf(c => c.OwnsChain(row.Key)),
            Target = row => Withheld.Chain(row),
            IsWithheld = (_, isInherited) => Withheld.Other(isInherited),
            WaitsFor = row => RuleSets.Of(row).FirstOrDefault(IpSets.IsMissing) is { } set ? $"set {set}" : null,
            ValueText = RowText.Of,
        });
        Jumps = Table(kernel.Jumps, new TableRules<JumpKey, Jump>
        {
            OwnerOf = row => plugins.OwnerOf(c => c.OwnsJump(row.Key)),
            // Present is right: nobody moves a jump that others have inserted before.
            Satisfies = static (wanted, actual) => wanted.Key == actual.Key,
            WaitsFor = row => JumpTarget.Of(row.Key.Rule) is { } target && Chains!.IsMissing(new(row.Key.Family, row.Key.Table, target))
                ? $"chain {target}"
                : null,
            IsWithheld = (_, isInherited) => Withheld.Other(isInherited),
            ValueText = RowText.Of,
            Order = row => row.Order,
        });
        Gate = new(Chains, Jumps);
        Links = Table(kernel.Links, new TableRules<string, DummyLink>
        {
            OwnerOf = row => plugins.OwnerOf(c => c.OwnsLink(row.Name)),
            IsWithheld = (_, isInherited) => Withheld.Other(isInherited),
        });
        Timeouts = Table(kernel.IpvsTimeouts, new TableRules<string, IpvsTimeouts>
        {
            OwnerOf = _ => state.Timeouts is { } saved ? plugins.Find(saved.Plugin)?.Id : null,
            Satisfies = static (wanted, actual) => Fits(wanted.TcpSeconds, actual.TcpSeconds)
                && Fits(wanted.TcpFinSeconds, actual.TcpFinSeconds) && Fits(wanted.UdpSeconds, actual.UdpSeconds),
            IsWithheld = (_, isInherited) => Withheld.Other(isInherited),
            ValueText = RowText.Of,
        });
        VirtualServers = Table(
            kernel.VirtualServers,
            new TableRules<VirtualServerKey, VirtualServer>
            {
                OwnerOf = row => _servers.OwnerOf(row.Key),
                IsExclusive = true,
                IsHeldBack = (plugin, row) => Gate.WaitsFor(plugin, row.Key.Address.Family),
                IsShielded = row => plugins.Known.Any(p => p.Claims.Excludes(row.Key.Address)),
                IsWithheld = (_, isInherited) => Withheld.Other(isInherited),
                ValueText = RowText.Of,
            },
            new RowTable<VirtualServerKey, VirtualServer>
            {
                PresenceChanged = (row, isPresent) =>
                {
                    _servers.PresenceChanged(row, isPresent);
                    Present.Count(row, isPresent);
                },
                HolderChanged = (key, changed) => MarkRealServers(key, changed, scopes),
            });
        RealServers = Table(
            kernel.RealServers,
            new TableRules<RealServerKey, RealServer>
            {
                OwnerOf = row => VirtualServers!.Rows.Find(row.Key.Server) is >= 0 and var slot ? VirtualServers.Rows[slot].Plugin : null,
                WaitsFor = row => VirtualServers!.IsMissing(row.Key.Server) ? $"virtual server {row.Key.Server}" : null,
                RemovedWithParent = row => VirtualServers!.IsLeaving(row.Key.Server),
                IsWithheld = Withheld.RealServer,
                IsSuppressed = (scope, row) => IsSuppressed(scope, row.Key.Server),
                ValueText = RowText.Of,
            },
            new RowTable<RealServerKey, RealServer>
            {
                PresenceChanged = (row, isPresent) =>
                {
                    Flows.PresenceChanged(row, isPresent);
                    Present.Count(row, isPresent);
                },
            });
        Addresses = Table(kernel.Addresses, new TableRules<LinkAddressKey, LinkAddress>
        {
            OwnerOf = row => plugins.OwnerOf(c => c.OwnsLink(row.Key.Link)),
            IsHeldBack = (plugin, row) => Gate.WaitsFor(plugin, row.Key.Address.Family),
            WaitsFor = row => Links.IsMissing(row.Key.Link) ? $"link {row.Key.Link}" : null,
            IsWithheld = Withheld.Address,
            ValueText = RowText.Of,
        });
        Files = Table(kernel.Files, new TableRules<string, ConfigFile>
        {
            OwnerOf = row => state.OwnerOfFile(row.Path) is { } name ? plugins.Find(name)?.Id : null,
            IsWithheld = (_, isInherited) => Withheld.Other(isInherited),
            KeyText = row => row.Path,
            ValueText = RowText.Of,
        });
        Ports = new HealthCheckPortTable();
        HealthCheckPorts = Table(Ports, new TableRules<ushort, HealthCheckPort>
        {
            IsVirtual = true,
            KeyText = row => $"{row.Port}",
            ValueText = RowText.Of,
        });

        Drains = new Drains(RealServers.Rows, kernel.Connections, drainLimit);
        RealServers.RemovalPolicy = Drains;
        RealServers.Written = Flows.Written;
        VirtualServers.Written = (kind, row) =>
        {
            if (kind == RowChangeKind.Remove)
            {
                Drains.ServerRemoved(row.Key);
            }
        };
        Adoption = new(VirtualServers.Rows, RealServers.Rows, plugins, scopes);
        InOrderOfWriting =
        [
            Sysctls, IpSets, IpSetEntries, Chains, Jumps, Links, Timeouts, VirtualServers, RealServers, Addresses, Files, HealthCheckPorts,
        ];
        InOrderOfRemoval =
        [
            HealthCheckPorts, Files, Addresses, RealServers, VirtualServers, Jumps, Chains, IpSetEntries, IpSets, Links, Timeouts, Sysctls,
        ];
        // Who owns a virtual server is told by addresses and sets.
        InOrderOfReading =
        [
            Sysctls, IpSets, IpSetEntries, Chains, Jumps, Links, Addresses, Timeouts, VirtualServers, RealServers, Files, HealthCheckPorts,
        ];

        TableReconciler<TKey, TRow> Table<TKey, TRow>(
            IKernelTable<TKey, TRow> table, TableRules<TKey, TRow> rules, RowTable<TKey, TRow>? rows = null)
            where TKey : notnull, IEquatable<TKey>
            where TRow : struct, IRow<TKey>, IEquatable<TRow> => new(table, rows ?? new(), rules, plugins, schedule);
    }

    public TableReconciler<string, Sysctl> Sysctls { get; }

    public TableReconciler<string, IpSet> IpSets { get; }

    public TableReconciler<IpSetEntry, IpSetEntry> IpSetEntries { get; }

    public TableReconciler<ChainKey, Chain> Chains { get; }

    public TableReconciler<JumpKey, Jump> Jumps { get; }

    public TableReconciler<string, DummyLink> Links { get; }

    public TableReconciler<string, IpvsTimeouts> Timeouts { get; }

    public TableReconciler<VirtualServerKey, VirtualServer> VirtualServers { get; }

    public TableReconciler<RealServerKey, RealServer> RealServers { get; }

    public TableReconciler<LinkAddressKey, LinkAddress> Addresses { get; }

    public TableReconciler<string, ConfigFile> Files { get; }

    public TableReconciler<ushort, HealthCheckPort> HealthCheckPorts { get; }

    public HealthCheckPortTable Ports { get; }

    public Drains Drains { get; }

    public UdpFlows Flows { get; }

    public FilterGate Gate { get; }

    public PresentCounts Present { get; } = new();

    public HolderAdoption Adoption { get; }

    public Withheld Withheld { get; }

    public IReadOnlyList<ITableReconciler> InOrderOfWriting { get; }

    public IReadOnlyList<ITableReconciler> InOrderOfRemoval { get; }

    public IReadOnlyList<ITableReconciler> InOrderOfReading { get; }

    /// <summary>The kernel is believed to have this link.</summary>
    public bool HasLink(string name) => Links.Rows.Find(name) is >= 0 and var slot && Links.Rows[slot].Is(SlotStates.Present);

    /// <summary>The kernel is believed to have this as an address, not as a route.</summary>
    public bool HasAddress(LinkAddressKey key) => Addresses.Rows.Find(key) is >= 0 and var slot
        && Addresses.Rows[slot].Is(SlotStates.Present) && Addresses.Rows.Actual(slot).Binding == AddressBinding.Address;

    /// <summary>Different members that a plugin wants in a set.</summary>
    public int CountEntries(ushort plugin, string set) => _sizes.CountOf(plugin, set);

    private static bool Fits(uint wanted, uint actual) => wanted == 0 || wanted == actual;

    // Real servers follow the claim to their virtual server: else two Services that want one address would share its connections.
    private bool IsSuppressed(int scope, VirtualServerKey server)
    {
        var rows = VirtualServers.Rows;
        return rows.Find(server) is >= 0 and var slot && rows[slot].Is(SlotStates.Shared) && rows[slot].Holder != scope
            && rows.HasClaim(slot, scope);
    }

    private void MarkRealServers(VirtualServerKey server, IReadOnlyList<int> changed, ScopeBook scopes)
    {
        var rows = RealServers.Rows;
        foreach (var scope in changed)
        {
            foreach (var slot in scopes[scope].Rows<RealServer>())
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
