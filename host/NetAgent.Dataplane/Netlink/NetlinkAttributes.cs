using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace NetAgent.Dataplane.Netlink;

/// <summary>
/// The attributes in some bytes, to be gone through with foreach. A length that points outside ends in a <see cref="KernelException"/>.
/// </summary>
internal ref struct NetlinkAttributes(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public NetlinkAttribute Current { get; private set; }

    public readonly NetlinkAttributes GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }
        if (_rest.Length < NetlinkFormat.AttributeHeaderLength)
        {
            throw Malformed($"{_rest.Length} bytes left over after the last attribute");
        }
        int length = MemoryMarshal.Read<ushort>(_rest);
        var type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & NetlinkFormat.AttributeTypeMask);
        if (length < NetlinkFormat.AttributeHeaderLength || length > _rest.Length)
        {
            throw Malformed($"attribute {type} says it has {length} of {_rest.Length} bytes");
        }
        Current = new(type, _rest[NetlinkFormat.AttributeHeaderLength..length]);
        _rest = _rest[Math.Min(NetlinkFormat.Align(length), _rest.Length)..];
        return true;
    }

    /// <summary>The value of the first attribute of a type, or an empty span.</summary>
    public readonly ReadOnlySpan<byte> Find(int type)
    {
        foreach (var attribute in this)
        {
            if (attribute.Type == type)
            {
                return attribute.Value;
            }
        }
        return default;
    }

    internal static KernelException Malformed(string what) => new("netlink", Errno.BadMessage, $"malformed message: {what}");
}

/// <summary>One attribute; the nested and byte-order bits of its type are masked off.</summary>
internal readonly ref struct NetlinkAttribute(ushort type, ReadOnlySpan<byte> value)
{
    public ushort Type { get; } = type;

    public ReadOnlySpan<byte> Value { get; } = value;

    public NetlinkAttributes Nested => new(Value);

    public byte ReadByte() => Bytes(1)[0];

    public ushort ReadUInt16() => MemoryMarshal.Read<ushort>(Bytes(2));

    public ushort ReadUInt16BigEndian() => BinaryPrimitives.ReadUInt16BigEndian(Bytes(2));

    public uint ReadUInt32() => MemoryMarshal.Read<uint>(Bytes(4));

    public uint ReadUInt32BigEndian() => BinaryPrimitives.ReadUInt32BigEndian(Bytes(4));

    public int ReadInt32() => MemoryMarshal.Read<int>(Bytes(4));

    /// <summary>Text up to the first zero.</summary>
    public string ReadText()
    {
        var end = Value.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
    }

    /// <summary>The first bytes of the value, checked to be there.</summary>
    public ReadOnlySpan<byte> Bytes(int count) => Value.Length >= count
        ? Value[..count]
        : throw NetlinkAttributes.Malformed($"attribute {Type} has {Value.Length} bytes where {count} are needed");
}
