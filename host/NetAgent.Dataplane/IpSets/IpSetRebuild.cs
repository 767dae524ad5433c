using System.Numerics;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.IpSets;

/// <summary>Why a set could not be rebuilt.</summary>
internal readonly record struct RebuildFailure(IpSetCommand Command, int Errno, string Reason);

/// <summary>
/// Gives a set other parameters while rules match against it: another set of the same type is made, filled and swapped in. No packet
/// meets an empty or missing set.
/// </summary>
internal sealed class IpSetRebuild(IpSetSocket socket)
{
    /// <summary>Only there while a set is rebuilt: one that is found was left by an agent that was killed and goes as unwanted.</summary>
    public const string TemporaryName = "netagent-rebuild";

    private readonly IpSetReader _reader = new(socket);
    private readonly IpSetMemberBatch _members = new(socket);

    /// <summary>Null when the set has become as wanted, with its members. Type and family must be those it has.</summary>
    public RebuildFailure? Replace(IpSet wanted)
    {
        var temporary = wanted with { Name = TemporaryName };
        // One may be left from an agent that was killed right here.
        _ = socket.Connection.Send(TemporaryName, WriteDestroy);
        if (socket.Connection.Send((temporary, socket.FindRevision(wanted.Type, wanted.Family)), WriteCreate) is { } refused)
        {
            return new(IpSetCommand.Create, refused.Errno, IpSetErrno.Describe(refused));
        }
        try
        {
            var copies = _reader.ReadEntries(wanted.Name)
                .Select((entry, i) => new MemberChange(i, entry with { Set = TemporaryName }, IpSetCommand.Add)).ToList();
            if (_members.Apply(copies) is [var first, ..])
            {
                return new(IpSetCommand.Add, first.Failure.Errno,
                    $"while its members were copied: {IpSetErrno.Describe(first.Failure, wanted.Type == IpSetType.BitmapPort)}");
            }
            return socket.Connection.Send(wanted.Name, WriteSwap) is { } failure
                ? new(IpSetCommand.Swap, failure.Errno, IpSetErrno.Describe(failure))
                : null;
        }
        finally
        {
            _ = socket.Connection.Send(TemporaryName, WriteDestroy);
        }
    }

    /// <summary>Gives a set room for at least so many members: the next power of two.</summary>
    public RebuildFailure? Grow(string name, uint members)
    {
        if (_reader.FindHeader(name) is not { } header || !header.TryGetRow(out var row))
        {
            return new(IpSetCommand.List, Errno.NoEntry, "no such set");
        }
        var wanted = socket.Grown.TryGetValue(name, out var grown) ? grown.Wanted : header.MaxElements;
        var room = BitOperations.RoundUpToPowerOf2(Math.Max(members, header.MaxElements + 1));
        var failure = Replace(row with { MaxElements = room });
        if (failure is null)
        {
            socket.Grown[name] = (wanted, room);
        }
        return failure;
    }

    /// <summary>How many members a set has; 0 when there is no such set.</summary>
    public uint CountElements(string name) => _reader.FindHeader(name)?.Elements ?? 0;

    public void WriteCreate(ref NetlinkWriter writer, (IpSet Set, byte Revision) wanted)
    {
        // No NLM_F_EXCL: the same set with the same parameters is as wanted.
        var message = socket.Begin(ref writer, IpSetCommand.Create, NetlinkFlags.Create);
        IpSetCodec.WriteCreate(ref writer, wanted.Set, wanted.Revision);
        writer.EndMessage(message);
    }

    public void WriteDestroy(ref NetlinkWriter writer, string name)
    {
        var message = socket.Begin(ref writer, IpSetCommand.Destroy);
        writer.WriteText(IpSetAttribute.SetName, name);
        writer.EndMessage(message);
    }

    private void WriteSwap(ref NetlinkWriter writer, string name)
    {
        var message = socket.Begin(ref writer, IpSetCommand.Swap);
        writer.WriteText(IpSetAttribute.SetName, TemporaryName);
        writer.WriteText(IpSetAttribute.SetName2, name);
        writer.EndMessage(message);
    }
}
