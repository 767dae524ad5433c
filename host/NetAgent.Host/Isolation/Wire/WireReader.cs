using System.Buffers.Binary;
using System.Text;
using NetAgent.Contracts;

namespace NetAgent.Host.Isolation.Wire;

/// <summary>A message that is not one: the other side is broken, or lies.</summary>
internal sealed class WireException(string message) : IOException(message);

/// <summary>Reads one item of a list.</summary>
internal delegate T ReadItem<out T>(ref WireReader reader);

/// <summary>Reads what <see cref="WireWriter"/> wrote. Trusts nothing: no length is taken for memory before the bytes are there.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public byte Byte()
    {
        var value = Take(1)[0];
        return value;
    }

    public bool Boolean() => Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw new WireException($"{other} is no boolean"),
    };

    public ulong Number()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
        throw new WireException("a number has more than ten bytes");
    }

    public long Signed()
    {
        var value = Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public int Int() =>
        Signed() is >= int.MinValue and <= int.MaxValue and var value ? (int)value : throw new WireException("a number is out of range");

    public uint UInt() => Number() is <= uint.MaxValue and var value ? (uint)value : throw new WireException("a number is out of range");

    public ushort Port() =>
        Number() is <= ushort.MaxValue and var value ? (ushort)value : throw new WireException("a port is out of range");

    public double Real() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    public string? Text()
    {
        var length = Number();
        return length == 0 ? null : Encoding.UTF8.GetString(Take(length - 1));
    }

    public string RequiredText() => Text() ?? throw new WireException("a text is missing");

    public ReadOnlySpan<byte> Bytes(int count) => Take((ulong)count);

    public T[] List<T>(ReadItem<T> read)
    {
        var count = Number();
        // Every item takes a byte at least.
        if (count > (ulong)_rest.Length)
        {
            throw new WireException($"a list of {count} items in {_rest.Length} bytes");
        }
        var items = new T[count];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = read(ref this);
        }
        return items;
    }

    public EquatableArray<T> Array<T>(ReadItem<T> read)
        where T : IEquatable<T> => EquatableArray.Create<T>(List(read));

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length)
        {
            throw new WireException("a message ends too early");
        }
        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
