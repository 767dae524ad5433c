using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Policies;

/// <summary>
/// How real servers leave. Those with connections get weight 0 and go when the connections end or the limit passes; UDP goes at once,
/// for a sender that never stops would hold it for ever (kubernetes/kubernetes 71514).
/// </summary>
internal sealed class Drains(RowTable<RealServerKey, RealServer> rows, IConnectionCounter connections, TimeSpan limit)
    : IRemovalPolicy<RealServer>, IPassPolicy
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private readonly Dictionary<int, DateTimeOffset> _since = [];
    private readonly Dictionary<VirtualServerKey, IReadOnlyDictionary<RealServerKey, ConnectionCounts>?> _counts = [];
    private DateTimeOffset _nextLook;

    /// <summary>Real servers at weight 0 that wait.</summary>
    public int Count => _since.Keys.Count(slot => rows[slot].Is(SlotStates.Used | SlotStates.Draining));

    /// <summary>When to look again; null while nothing drains.</summary>
    public DateTimeOffset? NextDue => _since.Count > 0 ? _nextLook : null;

    public RealServer Drained(RealServer row) => row with { Weight = 0 };

    public void Begin() => _counts.Clear();

    public void Decide(IReadOnlyList<int> leaving, ICollection<Step> steps, SyncTally tally)
    {
        foreach (var slot in leaving)
        {
            var actual = rows.Actual(slot);
            var goesAtOnce = actual.Key.Server.Protocol == IpProtocol.Udp || IsIdle(actual.Key, tally);
            steps.Add(new(slot, goesAtOnce ? StepKind.Remove : actual.Weight == 0 ? StepKind.AwaitDrain : StepKind.Drain));
        }
    }

    public void DecideDue(ICollection<Step> steps, SyncTally tally)
    {
        if (_nextLook > tally.Now)
        {
            return;
        }
        foreach (var (slot, since) in _since)
        {
            if (rows[slot].Is(SlotStates.Used | SlotStates.Draining)
                && ((limit > TimeSpan.Zero && tally.Now - since >= limit) || IsIdle(rows.Actual(slot).Key, tally)))
            {
                steps.Add(new(slot, StepKind.Remove));
            }
        }
    }

    public void Begin(IReadOnlyList<Step> steps, SyncTally tally)
    {
        var hasLooked = _since.Count > 0 && _nextLook <= tally.Now;
        if (hasLooked)
        {
            foreach (var slot in _since.Keys.Where(slot => !rows[slot].Is(SlotStates.Draining) && !IsOnItsWay(slot)).ToArray())
            {
                _since.Remove(slot);
            }
        }
        foreach (var step in steps)
        {
            if (step.Kind is StepKind.Drain or StepKind.AwaitDrain)
            {
                _since.TryAdd(step.Slot, tally.Now);
            }
        }
        if (hasLooked || (_since.Count > 0 && _nextLook <= tally.Now))
        {
            _nextLook = tally.Now + LookEvery;
        }
    }

    /// <summary>A virtual server is gone, and its draining real servers with it.</summary>
    public void ServerRemoved(VirtualServerKey server)
    {
        foreach (var slot in _since.Keys.ToArray())
        {
            if (rows[slot].Is(SlotStates.Used | SlotStates.Draining) && rows.Actual(slot).Key.Server == server)
            {
                rows.SetAbsent(slot);
                _since.Remove(slot);
            }
        }
    }

    // Still unwanted and present: its weight 0 was refused and it is tried again.
    private bool IsOnItsWay(int slot) => rows[slot].Is(SlotStates.Used | SlotStates.Present) && !rows[slot].Is(SlotStates.Claimed);

    // An unknown count is taken as busy: a cut connection is worse than a server that stays for a while.
    private bool IsIdle(RealServerKey key, SyncTally tally)
    {
        if (!_counts.TryGetValue(key.Server, out var ofServer))
        {
            try
            {
                ofServer = connections.Count(key.Server);
            }
            catch (KernelException e)
            {
                tally.ReadFailures.Add(new($"connections of {key.Server}", e.Message));
            }
            _counts.Add(key.Server, ofServer);
        }
        return ofServer is not null && (!ofServer.TryGetValue(key, out var count) || count.IsIdle);
    }
}
