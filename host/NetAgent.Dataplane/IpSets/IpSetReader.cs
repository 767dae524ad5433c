using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.IpSets;

/// <summary>Questions about sets.</summary>
internal sealed class IpSetReader(IpSetSocket socket)
{
    /// <summary>All sets, without their members.</summary>
    /// <exception cref="KernelException">The dump failed.</exception>
    public List<IpSetHeader> ReadHeaders() => socket.Connection.Ask(
        IpSetCommand.List.Spell(), (string?)null, WriteHeaderQuestion, static () => new List<IpSetHeader>(), GatherHeaders);

    /// <summary>One set without its members, or null.</summary>
    /// <exception cref="KernelException">The kernel did not answer.</exception>
    public IpSetHeader? FindHeader(string name)
    {
        try
        {
            var found = socket.Connection.Ask(
                IpSetCommand.List.Spell(), name, WriteHeaderQuestion, static () => new List<IpSetHeader>(1), GatherHeaders);
            return found.Count > 0 ? found[0] : null;
        }
        catch (KernelException e) when (e.Errno == Errno.NoEntry)
        {
            return null;
        }
    }

    /// <summary>The members of a set; none when there is no such set.</summary>
    /// <exception cref="KernelException">The dump failed.</exception>
    public List<IpSetEntry> ReadEntries(string name)
    {
        try
        {
            return socket.Connection.Ask(
                IpSetCommand.List.Spell(), name, WriteQuestion, static () => new List<IpSetEntry>(), (message, entries) =>
                    Gather(message, name, entries));
        }
        catch (KernelException e) when (e.Errno == Errno.NoEntry)
        {
            return [];
        }
    }

    private static void GatherHeaders(NetlinkMessage message, List<IpSetHeader> headers)
    {
        if (IpSetCodec.TryReadHeader(message, out var header))
        {
            headers.Add(header);
        }
    }

    private static void Gather(NetlinkMessage message, string name, List<IpSetEntry> entries)
    {
        foreach (var attribute in message.Attributes(IpSetAttribute.HeaderLength))
        {
            if (attribute.Type != IpSetAttribute.Adt)
            {
                continue;
            }
            foreach (var member in attribute.Nested)
            {
                if (member.Type == IpSetAttribute.Data && IpSetEntryCodec.TryRead(name, member.Nested, out var entry))
                {
                    entries.Add(entry);
                }
            }
        }
    }

    private void WriteHeaderQuestion(ref NetlinkWriter writer, string? name)
    {
        var message = socket.Begin(ref writer, IpSetCommand.List, NetlinkFlags.Dump);
        if (name is not null)
        {
            writer.WriteText(IpSetAttribute.SetName, name);
        }
        writer.WriteUInt32BigEndian(IpSetAttribute.Flags | NetlinkFormat.NetByteOrder, IpSetAttribute.ListHeader);
        writer.EndMessage(message);
    }

    private void WriteQuestion(ref NetlinkWriter writer, string name)
    {
        var message = socket.Begin(ref writer, IpSetCommand.List, NetlinkFlags.Dump);
        writer.WriteText(IpSetAttribute.SetName, name);
        writer.EndMessage(message);
    }
}
