using NetAgent.Contracts;
using NetAgent.Dataplane.Kinds;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Tests.Reconcile;

/// <summary>
/// A kernel in memory. It refuses what the kernel refuses (a real server without its virtual server, a member without its set),
/// takes with an object what hangs on it, is idempotent, fails when told, and can be changed behind the agent's back.
/// </summary>
internal sealed class FakeKernel : Kernel, IConnectionCounter, IStaleFlows, INodeObserver, IToolRunner, IKernelCounters
{
    private const int NoEntry = 2;
    private const int NoSuchServer = 3;
    private const int Denied = 13;
    private const int InUse = 16;
    private const int Invalid = 22;
    private const int OutOfRange = 34;

    /// <summary>What the node has of IPv6.</summary>
    public IPv6Facts IPv6 { get; set; } = IPv6Facts.AllOn;

    public override IPv6Facts ReadIPv6() => IPv6;

    /// <summary>Interfaces by name, for sysctls that are one's own.</summary>
    public Dictionary<string, int> Interfaces { get; } = [];

    public override int IndexOfLink(string name) => Interfaces.GetValueOrDefault(name);

    public override string? NameOfLink(int index) => Interfaces.FirstOrDefault(i => i.Value == index).Key;

    public FakeKernel()
    {
        Sysctls = new("sysctls", Log) { IsFixture = true };
        Sets = new("sets", Log)
        {
            Refuse = change => change.Kind == RowChangeKind.Remove && Chains!.Rows.Values.Any(c => RuleSets.Of(c).Contains(change.Row.Name))
                ? InUse
                : change.Row.Name.Length > 31 ? Invalid : 0,
            Removed = set => Entries!.RemoveWhere(e => e.Set == set.Name),
        };
        Entries = new("set entries", Log) { Refuse = change => change.Kind != RowChangeKind.Remove && !Sets.Rows.ContainsKey(change.Row.Set) ? NoEntry : 0 };
        Chains = new("chains", Log)
        {
            Refuse = change => change.Kind != RowChangeKind.Remove && RuleSets.Of(change.Row).Any(s => !Sets.Rows.ContainsKey(s)) ? NoEntry : 0,
        };
        Jumps = new("jumps", Log);
        Links = new("links", Log)
        {
            Refuse = change => change.Row.Name.Length > 15 ? OutOfRange : 0,
            Removed = link => Addresses!.RemoveWhere(a => a.Key.Link == link.Name),
        };
        Timeouts = new("timeouts", Log)
        {
            IsFixture = true,
            Becomes = static (row, had) => new(Or(row.TcpSeconds, had.TcpSeconds), Or(row.TcpFinSeconds, had.TcpFinSeconds), Or(row.UdpSeconds, had.UdpSeconds)),
        };
        Timeouts.Set(new(900, 120, 300));
        VirtualServers = new("virtual servers", Log)
        {
            Refuse = change => change.Row.Scheduler == "nosuch" ? NoEntry : 0,
            Removed = server => RealServers!.RemoveWhere(r => r.Key.Server == server.Key),
        };
        RealServers = new("real servers", Log)
        {
            Refuse = change => change.Kind switch
            {
                RowChangeKind.Remove => 0,
                _ when !VirtualServers.Rows.ContainsKey(change.Row.Key.Server) => NoSuchServer,
                RowChangeKind.Replace when !RealServers!.Rows.ContainsKey(change.Row.Key) => NoEntry,
                _ => 0,
            },
        };
        Addresses = new("addresses", Log)
        {
            Refuse = change => change.Kind == RowChangeKind.Remove ? 0
                : !Links.Rows.ContainsKey(change.Row.Key.Link) ? NoEntry
                : change.Row.Key.Address.Family == IpFamily.IPv6 && IPv6.Links.TryGetValue(change.Row.Key.Link, out var isOn) && !isOn ? Denied
                : 0,
        };
        Files = new("files", Log);
        Tables = new KernelTables { Connections = this, Flows = this }
            .Add(Sysctls).Add(Sets).Add(Entries).Add(Chains).Add(Jumps).Add(Links).Add(Timeouts).Add(VirtualServers).Add(RealServers).Add(Addresses)
            .Add(Files);
    }

    /// <summary>What was written, in order: <c>virtual servers Add 10.0.0.1:80/TCP</c>.</summary>
    public List<string> Log { get; } = [];

    public FakeTable<string, Sysctl> Sysctls { get; }

    public FakeTable<string, IpSet> Sets { get; }

    public FakeTable<IpSetEntry, IpSetEntry> Entries { get; }

    public FakeTable<ChainKey, Chain> Chains { get; }

    public FakeTable<JumpKey, Jump> Jumps { get; }

    public FakeTable<string, DummyLink> Links { get; }

    public FakeTable<string, IpvsTimeouts> Timeouts { get; }

    public FakeTable<VirtualServerKey, VirtualServer> VirtualServers { get; }

    public FakeTable<RealServerKey, RealServer> RealServers { get; }

    public FakeTable<LinkAddressKey, LinkAddress> Addresses { get; }

    public FakeTable<string, ConfigFile> Files { get; }

    /// <summary>Connections of real servers that have any.</summary>
    public Dictionary<RealServerKey, ConnectionCounts> Connections { get; } = [];

    /// <summary>How often connections were asked for, by virtual server.</summary>
    public List<VirtualServerKey> Counted { get; } = [];

    public List<UdpServer[]> Purges { get; } = [];

    public bool CountingFails { get; set; }

    public bool PurgingFails { get; set; }

    public List<string> ToolRuns { get; } = [];

    public override KernelTables Tables { get; }

    public override KernelCapabilities Capabilities => new(true, true, "iptables", "ip6tables", default);

    public override INodeObserver Observer => this;

    public override IToolRunner Tools => this;

    public override IKernelCounters Counters => this;

    public IReadOnlyDictionary<string, uint> CountMembers() =>
        Sets.Rows.Keys.ToDictionary(set => set, set => (uint)Entries.Rows.Keys.Count(entry => entry.Set == set));

    public uint? CountVirtualServers() => (uint)VirtualServers.Rows.Keys.Count(key => key.Address.Family == IpFamily.IPv4);

    public IReadOnlyCollection<RealServer> ReadRealServers(VirtualServerKey server) => [.. RealServers.Rows.Values.Where(row => row.Key.Server == server)];

    public string? ReadSysctl(string path) => Sysctls.Rows.TryGetValue(path, out var row) ? row.Value : null;

    public ulong? StampRules() => (ulong)(Chains.Rows.Values.Sum(chain => 1 + chain.Rules.Count) + (1000 * Jumps.Rows.Count));

    public void Tell(KernelEvent what) => RaiseChanged(what);

    public ReadScope? Covered { get; private set; }

    public override void SetReadScope(ReadScope scope) => Covered = scope;

    /// <summary>What rtnetlink said since the last sync: a link, or an address on one, that is there now or not.</summary>
    public Dictionary<string, bool> HeardLinks { get; } = [];

    /// <inheritdoc cref="HeardLinks"/>
    public Dictionary<LinkAddressKey, bool> HeardAddresses { get; } = [];

    public override bool OwnLinksDiffer(Func<string, bool> hasLink, Func<LinkAddressKey, bool> hasAddress)
    {
        var differs = HeardLinks.Any(l => hasLink(l.Key) != l.Value) || HeardAddresses.Any(a => hasAddress(a.Key) != a.Value);
        HeardLinks.Clear();
        HeardAddresses.Clear();
        return differs;
    }

    public override void SetSysctlScope(IReadOnlyCollection<string> paths)
    {
    }

    public NodeFacts Observe(Observations wanted, bool verify) => NodeFacts.Unknown;

    public IReadOnlyDictionary<RealServerKey, ConnectionCounts> Count(VirtualServerKey server)
    {
        Counted.Add(server);
        if (CountingFails)
        {
            throw new KernelException("IPVS_CMD_GET_DEST", 12, "out of memory");
        }
        return Connections;
    }

    public int Purge(IReadOnlyCollection<UdpServer> servers)
    {
        if (PurgingFails)
        {
            throw new KernelException("IPCTNL_MSG_CT_GET", 12, "out of memory");
        }
        Purges.Add([.. servers]);
        return servers.Count;
    }

    public (int ExitCode, string Error)? Run(string tool, params string[] arguments)
    {
        ToolRuns.Add($"{tool} {string.Join(' ', arguments)}");
        return (0, "");
    }

    public override void Dispose()
    {
    }

    private static uint Or(uint seconds, uint before) => seconds == 0 ? before : seconds;
}
