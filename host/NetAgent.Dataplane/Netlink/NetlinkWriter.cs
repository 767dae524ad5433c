using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Netlink;

/// <summary>
/// Writes messages one after the other into a pooled buffer. What is open is closed with the token its opening gave, an offset, since
/// growing moves the bytes. Pass by reference; a copy writes into a buffer that may have been returned.
/// </summary>
internal ref struct NetlinkWriter(int initialCapacity)
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(initialCapacity);
    private int _length;

    public readonly int Length => _length;

    public readonly Span<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Opens a message: nlmsghdr; sequence number and port stay 0 for the connection to fill in.</summary>
    public MessageToken BeginMessage(ushort type, NetlinkFlags flags)
    {
        var start = _length;
        var header = Take(NetlinkFormat.HeaderLength);
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], (ushort)(flags | NetlinkFlags.Request));
        return new(start);
    }

    public readonly void EndMessage(MessageToken token) =>
        MemoryMarshal.Write(_buffer.AsSpan(token.Offset), (uint)(_length - token.Offset));

    public NestToken BeginNested(int type)
    {
        var start = _length;
        MemoryMarshal.Write(Take(NetlinkFormat.AttributeHeaderLength)[2..], (ushort)(type | NetlinkFormat.Nested));
        return new(start);
    }

    /// <exception cref="InvalidOperationException">More than 65535 bytes, which one attribute cannot hold.</exception>
    public readonly void EndNested(NestToken token)
    {
        var length = _length - token.Offset;
        if (length > ushort.MaxValue)
        {
            throw new InvalidOperationException($"a netlink attribute holds 65535 bytes, not {length}");
        }
        MemoryMarshal.Write(_buffer.AsSpan(token.Offset), (ushort)length);
    }

    /// <summary>The fixed part that follows nlmsghdr: genlmsghdr, nfgenmsg, ifinfomsg…; cleared, padded to four bytes.</summary>
    public Span<byte> TakeHeader(int length) => Take(NetlinkFormat.Align(length));

    public void WriteByte(int type, byte value) => TakeAttribute(type, 1)[0] = value;

    public void WriteUInt16(int type, ushort value) => MemoryMarshal.Write(TakeAttribute(type, 2), value);

    public void WriteUInt16BigEndian(int type, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(TakeAttribute(type, 2), value);

    public void WriteUInt32(int type, uint value) => MemoryMarshal.Write(TakeAttribute(type, 4), value);

    public void WriteUInt32BigEndian(int type, uint value) => BinaryPrimitives.WriteUInt32BigEndian(TakeAttribute(type, 4), value);

    /// <summary>An address in 4 or 16 bytes.</summary>
    public void WriteAddress(int type, InetAddress address) => address.CopyTo(TakeAttribute(type, address.ByteCount));

    /// <summary>An address in 16 bytes, those behind an IPv4 address being zero (union nf_inet_addr).</summary>
    public void WriteAddress16(int type, InetAddress address) => address.CopyTo(TakeAttribute(type, 16));

    public void WriteBytes(int type, scoped ReadOnlySpan<byte> value) => value.CopyTo(TakeAttribute(type, value.Length));

    /// <summary>Text with a zero at its end.</summary>
    public void WriteText(int type, string text)
    {
        var count = Encoding.UTF8.GetByteCount(text);
        Encoding.UTF8.GetBytes(text, TakeAttribute(type, count + 1));
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        _length = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private Span<byte> TakeAttribute(int type, int length)
    {
        var whole = Take(NetlinkFormat.Align(NetlinkFormat.AttributeHeaderLength + length));
        MemoryMarshal.Write(whole, (ushort)(NetlinkFormat.AttributeHeaderLength + length));
        MemoryMarshal.Write(whole[2..], (ushort)type);
        return whole.Slice(NetlinkFormat.AttributeHeaderLength, length);
    }

    private Span<byte> Take(int length)
    {
        if (_length + length > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _length + length));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        var taken = _buffer.AsSpan(_length, length);
        taken.Clear();
        _length += length;
        return taken;
    }
}

/// <summary>An open message.</summary>
internal readonly record struct MessageToken(int Offset);

/// <summary>An open nested attribute.</summary>
internal readonly record struct NestToken(int Offset);
