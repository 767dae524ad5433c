using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.IpSets;

/// <summary>A connection to ipset in the network namespace of the thread that opens it, shared by the tables of one thread.</summary>
internal sealed class IpSetSocket : IDisposable
{
    // What this code was written for, and the oldest that has all of it (linux 2.6.39).
    private const byte NewestProtocol = 7;
    private const byte OldestProtocol = 6;

    private readonly Dictionary<(IpSetType, IpFamily), byte> _revisions = [];

    /// <exception cref="KernelException">The kernel has no ipset, or one that this code does not speak with.</exception>
    public IpSetSocket(NetlinkConnection connection)
    {
        Connection = connection;
        Protocol = NewestProtocol;
        var (newest, oldest) = (NewestProtocol, OldestProtocol);
        _ = connection.Ask(IpSetCommand.Protocol.Spell(), 0, WriteProtocolQuestion, static () => 0, (message, _) =>
        {
            foreach (var attribute in message.Attributes(IpSetAttribute.HeaderLength))
            {
                switch (attribute.Type)
                {
                    case IpSetAttribute.Protocol:
                        oldest = newest = attribute.ReadByte();
                        break;
                    case IpSetAttribute.ProtocolMinimum:
                        oldest = attribute.ReadByte();
                        break;
                }
            }
        });
        if (newest < OldestProtocol || oldest > NewestProtocol)
        {
            throw new KernelException(IpSetCommand.Protocol.Spell(), 0,
                $"the kernel speaks ipset protocol {oldest} to {newest}, this agent {OldestProtocol} to {NewestProtocol}");
        }
        Protocol = Math.Min(newest, NewestProtocol);
    }

    public NetlinkConnection Connection { get; }

    /// <summary>The protocol version agreed on.</summary>
    public byte Protocol { get; private set; }

    /// <summary>Sets that were given more room than wanted, with what was wanted and what they got.</summary>
    public Dictionary<string, (uint Wanted, uint Given)> Grown { get; } = new(StringComparer.Ordinal);

    public static IpSetSocket Open()
    {
        var connection = NetlinkConnection.Open(NetlinkProtocol.Netfilter);
        try
        {
            return new(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The revision to create a set with; asking may load the type's module.</summary>
    /// <exception cref="KernelException">The kernel does not have the type.</exception>
    public byte FindRevision(IpSetType type, IpFamily family)
    {
        if (_revisions.TryGetValue((type, family), out var revision))
        {
            return revision;
        }
        byte newest = 0, oldest = 0;
        Ask(type, family, (message, _) =>
        {
            foreach (var attribute in message.Attributes(IpSetAttribute.HeaderLength))
            {
                switch (attribute.Type)
                {
                    case IpSetAttribute.Revision:
                        newest = attribute.ReadByte();
                        break;
                    case IpSetAttribute.ProtocolMinimum:
                        oldest = attribute.ReadByte();
                        break;
                }
            }
        });
        revision = Math.Clamp(type.PreferredRevision(), Math.Min(oldest, newest), newest);
        _revisions[(type, family)] = revision;
        return revision;
    }

    private void Ask(IpSetType type, IpFamily family, MessageReader<int> read)
    {
        try
        {
            _ = Connection.Ask(IpSetCommand.Type.Spell(), (type, family), WriteTypeQuestion, static () => 0, read);
        }
        catch (KernelException e) when (e.Errno == IpSetErrno.TypeNotFound)
        {
            throw new KernelException(e.Operation, e.Errno,
                $"this kernel has no set type {type.KernelName()} for {family}: load its module (modprobe {type.ModuleName()})");
        }
    }

    /// <summary>Opens a message with nfgenmsg and the protocol version, which must come first.</summary>
    public MessageToken Begin(ref NetlinkWriter writer, IpSetCommand command, NetlinkFlags flags = NetlinkFlags.None)
    {
        var token = writer.BeginMessage((ushort)(IpSetAttribute.Subsystem | (byte)command), flags);
        writer.TakeHeader(IpSetAttribute.HeaderLength)[0] = (byte)IpFamily.IPv4;
        writer.WriteByte(IpSetAttribute.Protocol, Protocol);
        return token;
    }

    public void Dispose() => Connection.Dispose();

    private void WriteProtocolQuestion(ref NetlinkWriter writer, int nothing)
    {
        var message = Begin(ref writer, IpSetCommand.Protocol);
        writer.EndMessage(message);
    }

    private void WriteTypeQuestion(ref NetlinkWriter writer, (IpSetType Type, IpFamily Family) wanted)
    {
        var message = Begin(ref writer, IpSetCommand.Type);
        writer.WriteText(IpSetAttribute.TypeName, wanted.Type.KernelName());
        writer.WriteByte(IpSetAttribute.Family, (byte)wanted.Family);
        writer.EndMessage(message);
    }
}
