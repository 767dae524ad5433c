using NetAgent.Contracts;
using NetAgent.Dataplane.Conntrack;
using NetAgent.Dataplane.Files;
using NetAgent.Dataplane.IpSets;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Ipvs;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Routes;
using NetAgent.Dataplane.Sysctls;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Linux;

/// <summary>The kernel of the network namespace in which it is opened.</summary>
internal sealed class LinuxKernel : Kernel, IConnectionCounter, IStaleFlows, IToolRunner
{
    private readonly NetlinkConnection _route = NetlinkConnection.Open(NetlinkProtocol.Route);
    private readonly NetlinkConnection _netfilter = NetlinkConnection.Open(NetlinkProtocol.Netfilter);
    private readonly IptablesProcess _process = new();
    private readonly IptablesView _iptables;
    private readonly SysctlTable _sysctls;
    private readonly ConfigFileTable _files;
    private readonly LinkAddressTable _addresses;
    private readonly JumpTable _jumps;
    private readonly LinkObserver _links;
    private readonly OwnLinkWatch _own = new();
    private readonly RouteMonitor _monitor;
    private readonly OptionalIpvs _ipvs;
    private readonly IpSetEntryTable? _entries;
    private readonly KernelCapabilities _others;
    private readonly KernelCounters _counters;
    private readonly IPv6Reader _ipv6;
    private RealServerTable? _realServers;
    private IReadOnlyCollection<string> _claimedLinks = [];

    public LinuxKernel(DataplaneOptions options)
    {
        var problems = new List<string>();
        var finder = new IptablesVariantFinder(_process);
        IptablesVariant?[] variants = [finder.Find(IpFamily.IPv4), finder.Find(IpFamily.IPv6)];
        if (variants is [null, _])
        {
            problems.Add(IptablesView.Missing(IpFamily.IPv4).Message);
        }
        var others = new OtherBackend(_process, [.. variants.OfType<IptablesVariant>().Select(finder.FindOther).OfType<IptablesVariant>()], "/");
        var xtablesLock = new XtablesLock(XtablesLock.StandardPath, Path.Join(options.FileSystemRoot, "proc"), options.Time);
        _iptables = new([.. variants.OfType<IptablesVariant>().Select(v => new IptablesTool(_process, v, xtablesLock))], options.Time);
        _jumps = new(_iptables);
        _sysctls = new(options.FileSystemRoot);
        _files = new(options.FileSystemRoot);
        _addresses = new(_route, []);
        _links = new(_route);
        _ipvs = new(options.Time, IpvsSocket.TryOpen, IpvsProbe.LoadModule);
        var sets = OpenIpSet(problems);
        _entries = sets is null ? null : new(sets, static _ => false);
        _others = new(false, sets is not null, variants[0]?.Restore, variants[1]?.Restore, problems.ToEquatableArray());
        Observer = new NodeObserver(options, _sysctls, _links, new(_netfilter, _sysctls), _iptables, others, _ipvs,
            new(_route, options.FileSystemRoot));
        _counters = new(_netfilter, sets is null ? null : new(sets), _iptables, () => _realServers, _sysctls);
        _ipv6 = new(_route, _sysctls, _iptables, new("/", _counters.HasTable, options.Time));
        Tables = new KernelTables { Connections = this, Flows = this, IsNodeAddress = IsNodeAddress }
            .Add(_sysctls)
            .Add<string, IpSet>(sets is null ? NoIpSet<string, IpSet>("ipsets") : new IpSetTable(sets))
            .Add<IpSetEntry, IpSetEntry>(_entries is null ? NoIpSet<IpSetEntry, IpSetEntry>("ipset entries") : _entries)
            .Add(new ChainTable(_iptables))
            .Add(_jumps)
            .Add(new DummyLinkTable(_route))
            .Add(Optional<string, IpvsTimeouts>("ipvs timeouts", ipvs => new IpvsTimeoutsTable(ipvs)))
            .Add(Optional<VirtualServerKey, VirtualServer>("virtual servers", ipvs => new VirtualServerTable(ipvs)))
            .Add(Optional<RealServerKey, RealServer>("real servers", ipvs => _realServers ??= new(ipvs)))
            .Add(_addresses)
            .Add(_files);
        _monitor = new(RouteChanges.Links | RouteChanges.Addresses, Heard, _own);
    }

    private const string MissingIpSet = "this kernel has no ipset: load the module ip_set (modprobe ip_set)";

    private string _whyNoIpSet = MissingIpSet;

    public override KernelCapabilities Capabilities => _ipvs.Socket is not null
        ? _others with { Ipvs = true }
        : _others with { IpvsProblem = IpvsProblem, Problems = [.. _others.Problems, IpvsProblem] };

    public override KernelTables Tables { get; }

    public override INodeObserver Observer { get; }

    public override IKernelCounters Counters => _counters;

    public override IToolRunner Tools => this;

    public override void SetReadScope(ReadScope scope)
    {
        _sysctls.Paths = scope.Sysctls;
        _files.Paths = scope.Files;
        _addresses.Links = _claimedLinks = scope.Links;
        _own.Watch(scope.Links, FindIndex);
        _jumps.Parents = scope.JumpParents;
        _iptables.InUse =
        [
            .. from table in scope.IptablesTables
               from family in new[] { IpFamily.IPv4, IpFamily.IPv6 }
               select (family, table),
        ];
        if (_entries is not null)
        {
            _entries.IsWatched = scope.IsSetOfInterest;
        }
    }

    public override bool OwnLinksDiffer(Func<string, bool> hasLink, Func<LinkAddressKey, bool> hasAddress) =>
        _own.TakeDifference(hasLink, hasAddress);

    public override IPv6Facts ReadIPv6() => _ipv6.Read();

    public override int IndexOfLink(string name) => (int)LibC.if_nametoindex(name);

    public override string? NameOfLink(int index) => LibC.NameOf(index);

    public override RouteFacts? FindRoute(InetAddress from, InetAddress to) => _route.FindRoute(from, to);

    public override void SetSysctlScope(IReadOnlyCollection<string> paths) => _sysctls.Paths = paths;

    public IReadOnlyDictionary<RealServerKey, ConnectionCounts> Count(VirtualServerKey server) => _realServers is null
        ? new Dictionary<RealServerKey, ConnectionCounts>()
        : _realServers.ReadActivity([server]).ToDictionary(a => a.Key, a => new ConnectionCounts(a.Value.ActiveConnections, a.Value.InactiveConnections));

    public int Purge(IReadOnlyCollection<UdpServer> servers)
    {
        var report = new ConntrackPurge(_netfilter).Purge([.. servers.Select(s => new LiveServer(s.Key, s.RealServers))]);
        return report.Failures.Count == 0
            ? report.Deleted
            : throw new KernelException("conntrack purge", 0, string.Join("; ", report.Failures.Take(3)));
    }

    public (int ExitCode, string Error)? Run(string tool, params string[] arguments)
    {
        if (_process.Find(tool) is not { } path)
        {
            return null;
        }
        var result = _process.Run(path, arguments, "");
        return (result.ExitCode, result.Error);
    }

    public override void Dispose()
    {
        _monitor.Dispose();
        _ipvs.Dispose();
        _counters.Dispose();
        _netfilter.Dispose();
        _route.Dispose();
    }

    private string IpvsProblem => _ipvs.Problem ?? OptionalIpvs.Missing;

    private void Heard(RouteChanges changes)
    {
        RaiseChanged(KernelEvent.LinksChanged);
        if ((changes & (RouteChanges.Own | RouteChanges.Lost)) != 0)
        {
            RaiseChanged(KernelEvent.Due);
        }
    }

    private int FindIndex(string link)
    {
        try
        {
            return _route.FindLink(link)?.Index ?? 0;
        }
        catch (KernelException)
        {
            _own.Missed();
            return 0;
        }
    }

    private OptionalTable<TKey, TRow> Optional<TKey, TRow>(string name, Func<IpvsSocket, IKernelTable<TKey, TRow>> open)
        where TKey : notnull
        where TRow : struct, IRow<TKey>, IEquatable<TRow> => new(name, OptionalIpvs.Missing, () => _ipvs.Socket is { } ipvs ? open(ipvs) : null);

    private OptionalTable<TKey, TRow> NoIpSet<TKey, TRow>(string name)
        where TKey : notnull
        where TRow : struct, IRow<TKey>, IEquatable<TRow> => new(name, _whyNoIpSet, static () => null);

    private IpSetSocket? OpenIpSet(List<string> problems)
    {
        try
        {
            return new IpSetSocket(_netfilter);
        }
        catch (KernelException e)
        {
            // Who may not ask cannot tell whether it is there.
            _whyNoIpSet = e.Errno == Errno.NotPermitted ? $"ipset cannot be used: {e.Message}" : MissingIpSet;
            problems.Add(e.Errno == Errno.NotPermitted ? _whyNoIpSet : $"{MissingIpSet}; {e.Message}");
            return null;
        }
    }

    private bool IsNodeAddress(InetAddress address)
    {
        try
        {
            foreach (var link in _links.Observe())
            {
                foreach (var prefix in link.Addresses)
                {
                    if (prefix.Address == address)
                    {
                        return !_claimedLinks.Contains(link.Name);
                    }
                }
            }
            return false;
        }
        catch (KernelException)
        {
            // Taken as foreign, so that it stays; the next verification asks again.
            return false;
        }
    }
}
