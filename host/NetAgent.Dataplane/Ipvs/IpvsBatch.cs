using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Ipvs;

/// <summary>One message about one row; the index is that of the change it comes from.</summary>
internal readonly record struct IpvsRequest<TRow>(int Index, IpvsCommand Command, TRow Row);

/// <summary>
/// Changes as messages: NEW, SET, DEL; then once more what met another state than expected. NEW on what exists becomes SET, SET on what
/// is gone becomes NEW, DEL of what is gone is done.
/// </summary>
internal sealed class IpvsBatch<TRow>(
    IpvsCommand create, IpvsCommand set, IpvsCommand delete, RequestWriter<IpvsRequest<TRow>> write, Func<IpvsRequest<TRow>, RequestFailure,
    string> explain)
    where TRow : struct
{
    public void Apply(NetlinkConnection connection, IReadOnlyList<RowChange<TRow>> changes, ICollection<RowRefusal> refusals)
    {
        var requests = new List<IpvsRequest<TRow>>(changes.Count);
        for (var i = 0; i < changes.Count; i++)
        {
            var command = changes[i].Kind switch { RowChangeKind.Add => create, RowChangeKind.Replace => set, _ => delete };
            requests.Add(new(i, command, changes[i].Row));
        }
        // The second round is for state that changed under us, a third for what changed back.
        for (var round = 0; requests.Count > 0; round++)
        {
            var again = new List<IpvsRequest<TRow>>();
            foreach (var failure in connection.Send(requests, write))
            {
                var request = requests[failure.Index];
                if (request.Command == delete && IsGone(failure.Errno))
                {
                    continue;
                }
                if (round < 3 && Other(request.Command, failure.Errno) is { } instead)
                {
                    again.Add(request with { Command = instead });
                    continue;
                }
                refusals.Add(new(request.Index, request.Command.Spell(), failure.Errno, explain(request, failure)));
            }
            requests = again;
        }
    }

    private IpvsCommand? Other(IpvsCommand command, int errno) =>
        command == create && errno == Errno.Exists ? set
        : command == set && IsGone(errno) ? create
        : null;

    private static bool IsGone(int errno) => errno is Errno.NoEntry or Errno.NoProcess;
}
