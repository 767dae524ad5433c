using NetAgent.Contracts;
using NetAgent.Dataplane.Kinds;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Drift;

/// <summary>
/// Notices between two verifications that somebody else changed what is ours: by counts that the kernel keeps anyway, and by reading the
/// real servers of some virtual servers in turn, so that no verification has to read them all at once. Costs the same whatever the
/// cluster's size.
/// </summary>
internal sealed class DriftProbe
{
    private const int ServersEach = 64;
    private const int SysctlsEach = 64;

    private readonly TableSet _tables;
    private readonly IKernelCounters _kernel;
    // What the kernel has beyond our rows, as of the last time it was read.
    private readonly Dictionary<string, long> _otherMembers = new(StringComparer.Ordinal);
    private long? _otherServers;
    private readonly ReadingPace _sets;
    private readonly ReadingPace _servers;
    private readonly ReadingPace _rules;
    private readonly ReadingPace _sysctls;
    private readonly RuleWatch _ruleWatch;
    private (int Sets, int Servers) _reads;
    private int _next;
    private int _looked;
    private int _nextSysctl;

    /// <summary>How many probes it takes to look at every virtual server.</summary>
    public int Round => (_tables.VirtualServers.Rows.End / ServersEach) + 1;

    public DriftProbe(TableSet tables, IKernelCounters kernel, TimeProvider time)
    {
        (_tables, _kernel) = (tables, kernel);
        (_sets, _servers, _rules, _sysctls) = (new(time), new(time), new(time), new(time));
        _ruleWatch = new(kernel.StampRules);
        tables.Chains.Written = (_, _) => _ruleWatch.Wrote();
        tables.Jumps.Written = (_, _) => _ruleWatch.Wrote();
    }

    /// <summary>Called before reading; with <paramref name="everything"/> all is read.</summary>
    public void BeforeReading(bool everything)
    {
        if (everything || _tables.Chains.MustRead || _tables.Jumps.MustRead)
        {
            _ruleWatch.BeforeReading();
        }
    }

    /// <summary>Called between reading and writing.</summary>
    public void BeforeWriting()
    {
        var reads = (Sets: _tables.IpSetEntries.Reads, Servers: _tables.VirtualServers.Reads);
        if (reads.Sets != _reads.Sets)
        {
            _otherMembers.Clear();
            foreach (var (set, count) in _kernel.CountMembers() ?? new Dictionary<string, uint>())
            {
                _otherMembers[set] = count - _tables.Present.MembersOf(set);
            }
        }
        if (reads.Servers != _reads.Servers)
        {
            _otherServers = _kernel.CountVirtualServers() - _tables.Present.VirtualServers4;
        }
        _reads = reads;
    }

    /// <summary>Called after writing.</summary>
    public void AfterWriting()
    {
        _ruleWatch.AfterWriting(isKnown: !_tables.Chains.MustRead && !_tables.Jumps.MustRead);
    }

    /// <summary>Whether every virtual server was looked at since this was asked last.</summary>
    public bool TakeRound()
    {
        var isRound = _looked >= _tables.VirtualServers.Rows.End;
        _looked = 0;
        return isRound;
    }

    /// <summary>Marks the tables that must be read; true when there are any.</summary>
    public bool Look()
    {
        var found = false;
        if (_sets.IsDue && _kernel.CountMembers() is { } members && _tables.Present.Sets.Any(set => Differs(set, members)))
        {
            _tables.IpSets.RequireRead();
            _tables.IpSetEntries.RequireRead();
            _sets.Read();
            found = true;
        }
        if (_servers.IsDue && (VirtualServersDiffer() || RealServersDiffer()))
        {
            _tables.VirtualServers.RequireRead();
            _tables.RealServers.RequireRead();
            _servers.Read();
            found = true;
        }
        if (_rules.IsDue && _ruleWatch.MayDiffer())
        {
            _rules.Read();
            _tables.Chains.RequireRead();
            _tables.Jumps.RequireRead();
            found = true;
        }
        if (_sysctls.IsDue && AnySysctlHasDrifted())
        {
            _tables.Sysctls.RequireRead();
            _sysctls.Read();
            found = true;
        }
        return found;
    }

    private bool AnySysctlHasDrifted()
    {
        var rows = _tables.Sysctls.Rows;
        for (var slots = Math.Min(SysctlsEach, rows.End); slots > 0; slots--)
        {
            _nextSysctl = _nextSysctl + 1 < rows.End ? _nextSysctl + 1 : 0;
            if (rows[_nextSysctl].Is(SlotStates.Used | SlotStates.Claimed) && rows[_nextSysctl].Row.Path is var path
                && _kernel.ReadSysctl(path) is { } value && _tables.Sysctls.Standing.HasDrifted(_nextSysctl, new(path, value)))
            {
                return true;
            }
        }
        return false;
    }

    private bool Differs(string set, IReadOnlyDictionary<string, uint> members) =>
        !members.TryGetValue(set, out var count) || count - _tables.Present.MembersOf(set) != _otherMembers.GetValueOrDefault(set);

    private bool VirtualServersDiffer() => _otherServers is { } others && _kernel.CountVirtualServers() is { } count
        && count - _tables.Present.VirtualServers4 != others;

    private bool RealServersDiffer()
    {
        var rows = _tables.VirtualServers.Rows;
        for (var slots = Math.Min(ServersEach, rows.End); slots > 0; slots--, _looked++)
        {
            _next = _next + 1 < rows.End ? _next + 1 : 0;
            if (rows[_next].Is(SlotStates.Used | SlotStates.Present) && RealServersDiffer(rows.Actual(_next).Key))
            {
                return true;
            }
        }
        return false;
    }

    private bool RealServersDiffer(VirtualServerKey server)
    {
        IReadOnlyCollection<RealServer> kernel;
        try
        {
            kernel = _kernel.ReadRealServers(server);
        }
        catch (KernelException)
        {
            // The reading that follows reports the failure, if it persists.
            return true;
        }
        var rows = _tables.RealServers.Rows;
        return kernel.Count != _tables.Present.RealServersOf(server)
            || kernel.Any(row =>
            rows.Find(row.Key) is var slot && (slot < 0 || !rows[slot].Is(SlotStates.Present) || !rows.Actual(slot).Equals(row)));
    }
}
