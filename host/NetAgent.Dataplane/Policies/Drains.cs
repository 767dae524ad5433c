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
internal sealed class Drains(RowTable<RealServerKey, RealServer> rows, IConnectionCounter connections, TimeSpan limit) : IRemovalPolicy<RealServer>
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private readonly Dictionary<int, DateTimeOffset> _since = [];
    private DateTimeOffset _nextLook;

    /// <summary>Real servers at weight 0 that wait.</summary>
    public int Count => _since.Keys.Count(slot => rows[slot].Is(SlotStates.Used | SlotStates.Draining));

    /// <summary>When to look again; null while nothing drains.</summary>
    public DateTimeOffset? NextDue => _since.Count > 0 ? _nextLook : null;

    public void Plan(IReadOnlyList<int> slots, List<Step<RealServer>> steps, SyncTally tally)
    {
        var counts = new Dictionary<VirtualServerKey, IReadOnlyDictionary<RealServerKey, ConnectionCounts>?>();
        LookAtDraining(steps, counts, tally);
        foreach (var slot in slots)
        {
            var actual = rows.Actual(slot);
            if (actual.Key.Server.Protocol == IpProtocol.Udp || IsIdle(actual.Key, counts, tally))
            {
                Remove(slot, steps);
                continue;
            }
            _since.TryAdd(slot, tally.Now);
            if (actual.Weight == 0)
            {
                rows[slot].States |= SlotStates.Draining;
            }
            else
            {
                steps.Add(new(slot, new(RowChangeKind.Replace, actual with { Weight = 0 }, actual)));
            }
        }
        if (slots.Count > 0 && _since.Count > 0 && _nextLook <= tally.Now)
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

    private void LookAtDraining(
        List<Step<RealServer>> steps, Dictionary<VirtualServerKey, IReadOnlyDictionary<RealServerKey, ConnectionCounts>?> counts, SyncTally tally)
    {
        if (_since.Count == 0 || _nextLook > tally.Now)
        {
            return;
        }
        _nextLook = tally.Now + LookEvery;
        foreach (var (slot, since) in _since.ToArray())
        {
            if (!rows[slot].Is(SlotStates.Used | SlotStates.Draining))
            {
                // Wanted again, gone, or refused its weight 0 and therefore tried again as a removal.
                if (!rows[slot].Is(SlotStates.Used) || rows[slot].Is(SlotStates.Claimed) || !rows[slot].Is(SlotStates.Present))
                {
                    _since.Remove(slot);
                }
                continue;
            }
            if ((limit > TimeSpan.Zero && tally.Now - since >= limit) || IsIdle(rows.Actual(slot).Key, counts, tally))
            {
                Remove(slot, steps);
            }
        }
    }

    private void Remove(int slot, List<Step<RealServer>> steps)
    {
        var actual = rows.Actual(slot);
        steps.Add(new(slot, new(RowChangeKind.Remove, actual, actual)));
    }

    // What cannot be counted is taken as busy: a connection cut is worse than a server that stays for a while.
    private bool IsIdle(
        RealServerKey key, Dictionary<VirtualServerKey, IReadOnlyDictionary<RealServerKey, ConnectionCounts>?> counts, SyncTally tally)
    {
        if (!counts.TryGetValue(key.Server, out var ofServer))
        {
            try
            {
                ofServer = connections.Count(key.Server);
            }
            catch (KernelException e)
            {
                tally.ReadFailures.Add($"connections of {key.Server}: {e.Message}");
            }
            counts.Add(key.Server, ofServer);
        }
        return ofServer is not null && (!ofServer.TryGetValue(key, out var count) || count.IsIdle);
    }
}
