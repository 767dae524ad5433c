using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.IpSets;

/// <summary>A member to add to or delete from its set; the index is the caller's.</summary>
internal readonly record struct MemberChange(int Index, IpSetEntry Entry, IpSetCommand Command);

/// <summary>A member that the kernel refused, or did not get to because the set was full before it.</summary>
internal readonly record struct MemberFailure(MemberChange Change, RequestFailure Failure);

/// <summary>
/// Members in IPSET_ATTR_ADT lists, many a message. The kernel stops a list at the first it refuses; the rest is sent again.
/// </summary>
internal sealed class IpSetMemberBatch(IpSetSocket socket)
{
    // Larger lists gain nothing, and one attribute must stay below 64 KiB.
    private const int ListLength = 128;

    private readonly record struct MemberList(MemberChange[] Members, int Start, int Count)
    {
        public MemberChange this[int i] => Members[Start + i];
    }

    /// <summary>
    /// Makes all changes; adding what is there and deleting what is not succeed. Of a set found full, what was still to be added comes
    /// back too, not tried.
    /// </summary>
    /// <param name="changes">Those of one set and command next to each other.</param>
    public List<MemberFailure> Apply(IReadOnlyList<MemberChange> changes)
    {
        var failures = new List<MemberFailure>();
        var members = changes.ToArray();
        var lists = Split(members);
        while (lists.Count > 0)
        {
            var rest = new List<MemberList>();
            foreach (var failure in socket.Connection.Send(lists, Write))
            {
                var list = lists[failure.Index];
                var place = FindPlace(failure, list.Count);
                if (place < 0)
                {
                    // Not about one member: no such set, or no answer.
                    for (var i = 0; i < list.Count; i++)
                    {
                        Report(failures, list[i], failure);
                    }
                    continue;
                }
                Report(failures, list[place], failure);
                var behind = new MemberList(list.Members, list.Start + place + 1, list.Count - place - 1);
                if (failure.Errno == IpSetErrno.Full && !list[place].Entry.Address.IsNone)
                {
                    for (var i = 0; i < behind.Count; i++)
                    {
                        failures.Add(new(behind[i], failure));
                    }
                }
                else if (behind.Count > 0)
                {
                    rest.Add(behind);
                }
            }
            lists = rest;
        }
        return failures;
    }

    private static void Report(List<MemberFailure> failures, MemberChange change, RequestFailure failure)
    {
        var isDone = change.Command == IpSetCommand.Delete && failure.Errno is IpSetErrno.NoMember or Errno.NoEntry
            || change.Command == IpSetCommand.Add && failure.Errno == IpSetErrno.NoMember;
        if (!isDone)
        {
            failures.Add(new(change, failure));
        }
    }

    private static List<MemberList> Split(MemberChange[] members)
    {
        var lists = new List<MemberList>();
        for (var start = 0; start < members.Length;)
        {
            var end = start + 1;
            while (end < members.Length && end - start < ListLength
                && members[end].Command == members[start].Command && members[end].Entry.Set == members[start].Entry.Set)
            {
                end++;
            }
            lists.Add(new(members, start, end - start));
            start = end;
        }
        return lists;
    }

    /// <summary>
    /// The kernel writes the number of the refused member over the request's own IPSET_ATTR_LINENO. -1 where there is none.
    /// </summary>
    private static int FindPlace(RequestFailure failure, int count)
    {
        const int skip = NetlinkFormat.HeaderLength + IpSetAttribute.HeaderLength;
        if (failure.Request.Length <= skip)
        {
            return -1;
        }
        foreach (var attribute in new NetlinkAttributes(failure.Request.AsSpan(skip)))
        {
            if (attribute.Type == IpSetAttribute.LineNumber)
            {
                var line = attribute.ReadUInt32();
                return line >= 1 && line <= count ? (int)line - 1 : -1;
            }
        }
        return -1;
    }

    private void Write(ref NetlinkWriter writer, MemberList list)
    {
        // No NLM_F_EXCL: a member that is there, or one that is gone, is as wanted.
        var message = socket.Begin(ref writer, list[0].Command);
        writer.WriteText(IpSetAttribute.SetName, list[0].Entry.Set);
        // The kernel demands a number here whenever there is a list.
        writer.WriteUInt32(IpSetAttribute.LineNumber, 0);
        var members = writer.BeginNested(IpSetAttribute.Adt);
        for (var i = 0; i < list.Count; i++)
        {
            IpSetEntryCodec.Write(ref writer, list[i].Entry, (uint)i + 1);
        }
        writer.EndNested(members);
        writer.EndMessage(message);
    }
}
