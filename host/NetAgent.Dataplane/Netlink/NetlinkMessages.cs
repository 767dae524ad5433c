using System.Runtime.InteropServices;
using System.Text;

namespace NetAgent.Dataplane.Netlink;

/// <summary>The messages of one datagram, to be gone through with foreach.</summary>
internal ref struct NetlinkMessages(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    public NetlinkMessage Current { get; private set; }

    public readonly NetlinkMessages GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }
        if (_rest.Length < NetlinkFormat.HeaderLength)
        {
            throw NetlinkAttributes.Malformed($"{_rest.Length} bytes left over after the last message");
        }
        var length = MemoryMarshal.Read<uint>(_rest);
        if (length < NetlinkFormat.HeaderLength || length > (uint)_rest.Length)
        {
            throw NetlinkAttributes.Malformed($"a message says it has {length} of {_rest.Length} bytes");
        }
        Current = new(_rest[..(int)length]);
        _rest = _rest[Math.Min(NetlinkFormat.Align((int)length), _rest.Length)..];
        return true;
    }
}

/// <summary>One message with its nlmsghdr.</summary>
internal readonly ref struct NetlinkMessage(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public ushort Type => MemoryMarshal.Read<ushort>(_bytes[4..]);

    public NetlinkFlags Flags => (NetlinkFlags)MemoryMarshal.Read<ushort>(_bytes[6..]);

    public uint Sequence => MemoryMarshal.Read<uint>(_bytes[8..]);

    public ReadOnlySpan<byte> Payload => _bytes[NetlinkFormat.HeaderLength..];

    /// <summary>The fixed part behind nlmsghdr, checked to be there.</summary>
    public ReadOnlySpan<byte> Header(int length) => Payload.Length >= length
        ? Payload[..length]
        : throw NetlinkAttributes.Malformed($"a message of type {Type} has {Payload.Length} bytes where {length} are needed");

    /// <summary>The attributes behind a fixed part of this length.</summary>
    public NetlinkAttributes Attributes(int headerLength) =>
        new(Payload[Math.Min(NetlinkFormat.Align(Header(headerLength).Length), Payload.Length)..]);

    /// <summary>errno of NLMSG_ERROR or NLMSG_DONE, positive; 0 for an acknowledgement.</summary>
    public int ReadErrno() => Type == NetlinkFormat.Done && Payload.Length < 4 ? 0 : -MemoryMarshal.Read<int>(Header(4));

    /// <summary>The request that an NLMSG_ERROR answers, as far as the kernel sent it back: nlmsghdr and perhaps its payload.</summary>
    public ReadOnlySpan<byte> ReadFailedRequest() => Payload.Length > 4 ? Payload[4..] : default;

    /// <summary>The kernel's own words (NLMSGERR_ATTR_MSG), or null.</summary>
    public string? ReadErrorText()
    {
        if (((ushort)Flags & NetlinkFormat.ErrorHasText) == 0)
        {
            return null;
        }
        var request = ReadFailedRequest();
        var skip = Type == NetlinkFormat.Done ? 0 : NetlinkFormat.HeaderLength;
        if (skip > 0 && ((ushort)Flags & NetlinkFormat.CappedError) == 0 && request.Length >= NetlinkFormat.HeaderLength)
        {
            skip = NetlinkFormat.Align((int)MemoryMarshal.Read<uint>(request));
        }
        if (skip < 0 || skip >= request.Length)
        {
            return null;
        }
        var text = new NetlinkAttributes(request[skip..]).Find(NetlinkFormat.ErrorText);
        return text.IsEmpty ? null : Encoding.UTF8.GetString(text.TrimEnd((byte)0));
    }
}
