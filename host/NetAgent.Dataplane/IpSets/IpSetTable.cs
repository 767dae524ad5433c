using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.IpSets;

/// <summary>
/// Sets, without their members. A set that was given more room than wanted because it needed it reads as wanted. Sets of other types
/// than a row can have are not seen.
/// </summary>
internal sealed class IpSetTable(IpSetSocket socket) : IKernelTable<string, IpSet>
{
    private readonly IpSetReader _reader = new(socket);
    private readonly IpSetRebuild _rebuild = new(socket);

    public string Name => "ipsets";

    /// <summary>How many members a set has; 0 when there is no such set.</summary>
    /// <exception cref="KernelException">The kernel did not answer.</exception>
    public uint CountElements(string set) => _rebuild.CountElements(set);

    public IReadOnlyDictionary<string, IpSet> Read()
    {
        var rows = new Dictionary<string, IpSet>(StringComparer.Ordinal);
        foreach (var header in _reader.ReadHeaders())
        {
            if (header.TryGetRow(out var row))
            {
                var isGrown = socket.Grown.TryGetValue(row.Name, out var grown) && grown.Given == row.MaxElements;
                rows[row.Name] = isGrown ? row with { MaxElements = grown.Wanted } : row;
            }
        }
        return rows;
    }

    public void Apply(IReadOnlyList<RowChange<IpSet>> changes, ICollection<RowRefusal> refusals)
    {
        var creates = new List<(int Index, IpSet Set, byte Revision)>();
        var destroys = new List<(int Index, string Name)>();
        for (var i = 0; i < changes.Count; i++)
        {
            var (kind, set, _) = changes[i];
            var command = kind == RowChangeKind.Remove ? IpSetCommand.Destroy : IpSetCommand.Create;
            try
            {
                switch (kind)
                {
                    case RowChangeKind.Add when set.Name.Length > IpSetAttribute.NameLimit:
                        refusals.Add(new(i, command.Spell(), 0, $"{set.Name}: a set's name has at most {IpSetAttribute.NameLimit} bytes"));
                        break;
                    case RowChangeKind.Add:
                        creates.Add((i, set, socket.FindRevision(set.Type, set.Family)));
                        break;
                    case RowChangeKind.Replace:
                        Replace(i, set, refusals);
                        break;
                    case RowChangeKind.Remove:
                        destroys.Add((i, set.Name));
                        break;
                }
            }
            catch (KernelException e)
            {
                refusals.Add(new(i, e.Operation, e.Errno, $"{set.Name}: {e.Message}"));
            }
        }
        Create(creates, refusals);
        Destroy(destroys, refusals);
    }

    private void Create(List<(int Index, IpSet Set, byte Revision)> creates, ICollection<RowRefusal> refusals)
    {
        foreach (var failure in socket.Connection.Send(creates, (ref writer, create) =>
            _rebuild.WriteCreate(ref writer, (create.Set, create.Revision))))
        {
            var (index, set, _) = creates[failure.Index];
            if (failure.Errno != Errno.Exists)
            {
                Refuse(refusals, index, set.Name, IpSetCommand.Create, failure);
                continue;
            }
            // It came into being since it was last read, with other parameters.
            try
            {
                Replace(index, set, refusals);
            }
            catch (KernelException e)
            {
                refusals.Add(new(index, e.Operation, e.Errno, $"{set.Name}: {e.Message}"));
            }
        }
    }

    private void Destroy(List<(int Index, string Name)> destroys, ICollection<RowRefusal> refusals)
    {
        var refused = new HashSet<int>();
        foreach (var failure in socket.Connection.Send(destroys, (ref writer, destroy) => _rebuild.WriteDestroy(ref writer, destroy.Name)))
        {
            if (failure.Errno != Errno.NoEntry)
            {
                refused.Add(failure.Index);
                Refuse(refusals, destroys[failure.Index].Index, destroys[failure.Index].Name, IpSetCommand.Destroy, failure);
            }
        }
        for (var i = 0; i < destroys.Count; i++)
        {
            if (!refused.Contains(i))
            {
                socket.Grown.Remove(destroys[i].Name);
            }
        }
    }

    private void Replace(int index, IpSet wanted, ICollection<RowRefusal> refusals)
    {
        var header = _reader.FindHeader(wanted.Name);
        if (header is not null && header.TryGetRow(out var actual) && actual.Type == wanted.Type && actual.Family == wanted.Family)
        {
            if (actual == wanted)
            {
                socket.Grown.Remove(wanted.Name);
                return;
            }
            if (header.IsPlain && header.Elements > wanted.MaxElements)
            {
                // It has grown, in an earlier life of the agent perhaps, and still needs the room.
                socket.Grown[wanted.Name] = (wanted.MaxElements, header.MaxElements);
                return;
            }
            if (_rebuild.Replace(wanted) is { } refused)
            {
                refusals.Add(new(index, refused.Command.Spell(), refused.Errno, $"{wanted.Name}: {refused.Reason}"));
                return;
            }
            socket.Grown.Remove(wanted.Name);
            return;
        }
        // A set can be swapped with one of its own type only: the other has to go first, which the kernel refuses while it is in use.
        if (header is not null && socket.Connection.Send(wanted.Name, _rebuild.WriteDestroy) is { } inUse && inUse.Errno != Errno.NoEntry)
        {
            refusals.Add(new(index, IpSetCommand.Destroy.Spell(), inUse.Errno,
                $"{wanted.Name}: it is of type {header.TypeName} instead of {wanted.Type.KernelName()} and cannot be removed:"
                    + $" {IpSetErrno.Describe(inUse)}"));
            return;
        }
        if (socket.Connection.Send((wanted, socket.FindRevision(wanted.Type, wanted.Family)), _rebuild.WriteCreate) is { } failure)
        {
            Refuse(refusals, index, wanted.Name, IpSetCommand.Create, failure);
        }
    }

    private static void Refuse(ICollection<RowRefusal> refusals, int index, string name, IpSetCommand command, RequestFailure failure) =>
        refusals.Add(new(index, command.Spell(), failure.Errno, $"{name}: {IpSetErrno.Describe(failure)}"));
}
