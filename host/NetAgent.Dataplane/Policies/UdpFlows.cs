using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Tables;
using NetAgent.Timing;

namespace NetAgent.Dataplane.Policies;

/// <summary>
/// Follows the real servers of UDP virtual servers, for a client's conntrack entry outlives the real server it leads to. One purge per
/// sync covers all that changed; one that fails is asked for again.
/// </summary>
internal sealed class UdpFlows(IStaleFlows flows, BackOff backOff) : IPassPolicy
{
    private readonly Dictionary<VirtualServerKey, List<RealServerKey>> _present = [];
    private readonly HashSet<VirtualServerKey> _changed = [];
    private Failure? _failure;

    public DateTimeOffset? NextDue => _failure?.Due;

    public void PresenceChanged(RealServer row, bool isPresent)
    {
        var server = row.Key.Server;
        if (server.Protocol != IpProtocol.Udp)
        {
            return;
        }
        if (isPresent)
        {
            if (!_present.TryGetValue(server, out var keys))
            {
                _present.Add(server, keys = []);
            }
            keys.Add(row.Key);
        }
        else if (_present.TryGetValue(server, out var keys) && keys.Remove(row.Key) && keys.Count == 0)
        {
            _present.Remove(server);
        }
    }

    public void Written(RowChangeKind kind, RealServer row)
    {
        if (kind != RowChangeKind.Replace && row.Key.Server.Protocol == IpProtocol.Udp)
        {
            _changed.Add(row.Key.Server);
        }
    }

    public void End(SyncTally tally)
    {
        if (_changed.Count == 0 || (_failure is { } failure && failure.Due > tally.Now))
        {
            return;
        }
        var servers = _changed.Select(key => new UdpServer(
            key, _present.TryGetValue(key, out var keys) ? keys.Select(k => (k.Address, k.Port)).ToHashSet() : [])).ToArray();
        try
        {
            flows.Purge(servers);
            _changed.Clear();
            _failure = null;
        }
        catch (KernelException e)
        {
            _failure = (_failure ?? default).Again(new(-1, e.Operation, e.Errno, e.Message), backOff, tally.Now);
        }
    }

    public void ReportFailures(ICollection<FailedRow> failed)
    {
        if (_failure is { } failure)
        {
            var (refusal, attempts, _) = failure;
            var subject = $"{_changed.Count} UDP virtual servers";
            failed.Add(new("", "conntrack entries", subject, refusal.Operation, refusal.Errno, refusal.Reason, attempts));
        }
    }
}
