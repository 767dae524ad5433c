namespace NetAgent.Dataplane.Reconcile;

/// <summary>
/// Notices between two verifications that somebody else flushed, added or removed what is ours: by counts that the kernel keeps anyway, and
/// by looking at a few real servers in turn. Costs the same whatever the cluster's size; what it cannot see is found by the next verification.
/// </summary>
internal sealed class DriftGlance
{
    private const int RealServersEach = 8;

    // Some CNIs write rules with every pod, and reading them starts processes.
    private static readonly TimeSpan RulesPause = TimeSpan.FromSeconds(10);

    private readonly TableSet _tables;
    private readonly IKernelNumbers _numbers;
    private readonly IConnectionCounter _connections;
    private readonly TimeProvider _time;

    // What the kernel has beyond our rows, as of the last time it was read.
    private readonly Dictionary<string, long> _otherMembers = new(StringComparer.Ordinal);
    private long? _otherServers;
    private ulong? _rules;
    private long _rulesSeen;
    private (int Sets, int Servers, int Rules) _reads;
    private bool _areRulesNew;
    private int _next;

    public DriftGlance(TableSet tables, IKernelNumbers numbers, IConnectionCounter connections, TimeProvider time)
    {
        (_tables, _numbers, _connections, _time) = (tables, numbers, connections, time);
        tables.Chains.Written = (_, _) => _areRulesNew = true;
        tables.Jumps.Written = (_, _) => _areRulesNew = true;
    }

    /// <summary>Called between reading and writing.</summary>
    public void BeforeWriting()
    {
        var reads = (_tables.IpSetEntries.Reads, _tables.VirtualServers.Reads, _tables.Chains.Reads);
        if (reads.Item1 != _reads.Sets)
        {
            _otherMembers.Clear();
            foreach (var (set, count) in _numbers.CountMembers() ?? new Dictionary<string, uint>())
            {
                _otherMembers[set] = count - _tables.Present.MembersOf(set);
            }
        }
        if (reads.Item2 != _reads.Servers)
        {
            _otherServers = _numbers.CountVirtualServers() - _tables.Present.VirtualServers4;
        }
        _areRulesNew |= reads.Item3 != _reads.Rules;
        _reads = reads;
    }

    /// <summary>Called after writing.</summary>
    public void AfterWriting()
    {
        if (_areRulesNew)
        {
            (_areRulesNew, _rules, _rulesSeen) = (false, _numbers.StampRules(), _time.GetTimestamp());
        }
    }

    /// <summary>Marks the tables that must be read; true when there are any.</summary>
    public bool Look()
    {
        var found = false;
        if (_numbers.CountMembers() is { } members && _tables.Present.Sets.Any(set => Differs(set, members)))
        {
            _tables.IpSets.Doubt();
            _tables.IpSetEntries.Doubt();
            found = true;
        }
        if (_numbers.CountVirtualServers() is { } servers && _otherServers is { } others && servers - _tables.Present.VirtualServers4 != others)
        {
            _tables.VirtualServers.Doubt();
            _tables.RealServers.Doubt();
            found = true;
        }
        else if (AnyIsGone())
        {
            _tables.VirtualServers.Doubt();
            _tables.RealServers.Doubt();
            found = true;
        }
        if (_rules is not null && _time.GetElapsedTime(_rulesSeen) > RulesPause && _numbers.StampRules() is { } stamp && stamp != _rules)
        {
            _tables.Chains.Doubt();
            _tables.Jumps.Doubt();
            found = true;
        }
        return found;
    }

    private bool Differs(string set, IReadOnlyDictionary<string, uint> members) =>
        !members.TryGetValue(set, out var count) || count - _tables.Present.MembersOf(set) != _otherMembers.GetValueOrDefault(set);

    private bool AnyIsGone()
    {
        var rows = _tables.RealServers.Rows;
        for (int looked = 0, slots = 0; looked < RealServersEach && slots < 8 * RealServersEach && slots < rows.End; slots++)
        {
            _next = _next + 1 < rows.End ? _next + 1 : 0;
            ref var row = ref rows[_next];
            if (row.Is(SlotStates.Used | SlotStates.Present))
            {
                looked++;
                var key = rows.Actual(_next).Key;
                try
                {
                    if (!_connections.Count(key.Server).ContainsKey(key))
                    {
                        return true;
                    }
                }
                catch (KernelException)
                {
                    // A kernel too busy to tell is no drift; a reading that fails says so.
                    return false;
                }
            }
        }
        return false;
    }
}
