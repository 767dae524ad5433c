using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.IpSets;

/// <summary>
/// Members of the sets whose names it is told to look at; others may be huge and are nobody's business here. A set that is full is
/// given more room.
/// </summary>
internal sealed class IpSetEntryTable(IpSetSocket socket, Func<string, bool> isWatched) : IKernelTable<IpSetEntry, IpSetEntry>
{
    private readonly IpSetReader _reader = new(socket);
    private readonly IpSetMemberBatch _members = new(socket);
    private readonly IpSetRebuild _rebuild = new(socket);

    public string Name => "ipset entries";

    /// <summary>Which sets to read, by name.</summary>
    public Func<string, bool> IsWatched { get; set; } = isWatched;

    public IReadOnlyDictionary<IpSetEntry, IpSetEntry> Read()
    {
        var rows = new Dictionary<IpSetEntry, IpSetEntry>();
        foreach (var header in _reader.ReadHeaders())
        {
            if (!IsWatched(header.Name) || !IpSetTypes.TryParse(header.TypeName, out _))
            {
                continue;
            }
            foreach (var entry in _reader.ReadEntries(header.Name))
            {
                rows[entry] = entry;
            }
        }
        return rows;
    }

    public void Apply(IReadOnlyList<RowChange<IpSetEntry>> changes, ICollection<RowRefusal> refusals)
    {
        var members = new List<MemberChange>(changes.Count);
        for (var i = 0; i < changes.Count; i++)
        {
            members.Add(new(i, changes[i].Row, changes[i].Kind == RowChangeKind.Remove ? IpSetCommand.Delete : IpSetCommand.Add));
        }
        // Deletions of a set first, as they make room; together with its additions, so that lists are long. The sort is stable.
        var ordered = members.OrderBy(member => member.Entry.Set, StringComparer.Ordinal).ThenByDescending(member => member.Command)
            .ToList();
        var overflow = new Dictionary<string, List<MemberFailure>>(StringComparer.Ordinal);
        foreach (var failure in _members.Apply(ordered))
        {
            if (failure.Failure.Errno == IpSetErrno.Full && !failure.Change.Entry.Address.IsNone)
            {
                if (!overflow.TryGetValue(failure.Change.Entry.Set, out var failures))
                {
                    overflow[failure.Change.Entry.Set] = failures = [];
                }
                failures.Add(failure);
            }
            else
            {
                Refuse(refusals, failure);
            }
        }
        foreach (var (set, failures) in overflow)
        {
            AddToLarger(set, failures, refusals);
        }
    }

    private void AddToLarger(string set, List<MemberFailure> failures, ICollection<RowRefusal> refusals)
    {
        RebuildFailure? refused;
        try
        {
            refused = _rebuild.Grow(set, _rebuild.CountElements(set) + (uint)failures.Count);
        }
        catch (KernelException e)
        {
            refused = new(IpSetCommand.List, e.Errno, e.Message);
        }
        if (refused is { } why)
        {
            foreach (var failure in failures)
            {
                refusals.Add(new(failure.Change.Index, IpSetCommand.Add.Spell(), IpSetErrno.Full,
                    $"{Text(failure.Change.Entry)}: the set is full and could not grow: {why.Command.Spell()}: {why.Reason}"));
            }
            return;
        }
        foreach (var failure in _members.Apply(failures.ConvertAll(failure => failure.Change)))
        {
            Refuse(refusals, failure);
        }
    }

    private static void Refuse(ICollection<RowRefusal> refusals, MemberFailure failure)
    {
        var entry = failure.Change.Entry;
        refusals.Add(new(failure.Change.Index, failure.Change.Command.Spell(), failure.Failure.Errno,
            $"{Text(entry)}: {IpSetErrno.Describe(failure.Failure, isBitmap: entry.Address.IsNone)}"));
    }

    /// <summary>As ipset prints it, behind its set: <c>KUBE-CLUSTER-IP 10.96.0.1,tcp:443</c>.</summary>
    private static string Text(IpSetEntry entry)
    {
        if (entry.Address.IsNone)
        {
            return $"{entry.Set} {entry.Port}";
        }
        var port = entry.Protocol == IpProtocol.None ? "" : $",{entry.Protocol.ToLowerText()}:{entry.Port}";
        var second = entry.Second.IsNone ? ""
            : entry.Second.Length == entry.Second.Address.BitCount ? $",{entry.Second.Address}" : $",{entry.Second}";
        return $"{entry.Set} {entry.Address}{port}{second}";
    }
}
