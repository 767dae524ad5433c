using NetAgent.Contracts;

namespace NetAgent.Host.Isolation.Wire;

/// <summary>Addresses, names and labels.</summary>
internal static class ValueCodec
{
    public static void Write(WireWriter writer, InetAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.CopyTo(bytes);
        writer.Byte((byte)address.ByteCount);
        writer.Bytes(bytes[..address.ByteCount]);
    }

    public static InetAddress ReadAddress(ref WireReader reader) => reader.Byte() switch
    {
        0 => default,
        4 => InetAddress.FromBytes(reader.Bytes(4)),
        16 => InetAddress.FromBytes(reader.Bytes(16)),
        var other => throw new WireException($"an address of {other} bytes"),
    };

    public static void Write(WireWriter writer, InetPrefix prefix)
    {
        Write(writer, prefix.Address);
        writer.Byte(prefix.Length);
    }

    public static InetPrefix ReadPrefix(ref WireReader reader)
    {
        var address = ReadAddress(ref reader);
        var length = reader.Byte();
        return length <= address.BitCount ? new(address, length) : throw new WireException($"a prefix length of {length}");
    }

    public static void Write(WireWriter writer, NamespacedName name)
    {
        writer.Text(name.Namespace);
        writer.Text(name.Name);
    }

    public static NamespacedName ReadName(ref WireReader reader) => new(reader.RequiredText(), reader.RequiredText());

    public static void Write(WireWriter writer, Label label)
    {
        writer.Text(label.Key);
        writer.Text(label.Value);
    }

    public static Label ReadLabel(ref WireReader reader) => new(reader.RequiredText(), reader.RequiredText());

    public static void Write(WireWriter writer, EquatableArray<Label> labels) => writer.List(labels, Write);

    public static EquatableArray<Label> ReadLabels(ref WireReader reader) => reader.Array(ReadLabel);

    public static void Write(WireWriter writer, EquatableArray<InetAddress> addresses) => writer.List(addresses, Write);

    public static EquatableArray<InetAddress> ReadAddresses(ref WireReader reader) => reader.Array(ReadAddress);

    public static void Write(WireWriter writer, EquatableArray<InetPrefix> prefixes) => writer.List(prefixes, Write);

    public static EquatableArray<InetPrefix> ReadPrefixes(ref WireReader reader) => reader.Array(ReadPrefix);

    public static void Write(WireWriter writer, EquatableArray<string> texts) => writer.List(texts, static (to, text) => to.Text(text));

    public static EquatableArray<string> ReadTexts(ref WireReader reader) => reader.Array(static (ref from) => from.RequiredText());

    public static void Write(WireWriter writer, DateTimeOffset time) => writer.Signed(time.UtcTicks);

    public static DateTimeOffset ReadTime(ref WireReader reader) =>
        reader.Signed() is var ticks && ticks >= 0 && ticks <= DateTimeOffset.MaxValue.Ticks
        ? new(ticks, TimeSpan.Zero)
        : throw new WireException("a time is out of range");

    /// <summary>A period; negative ones and those over a century are nobody's meaning.</summary>
    public static TimeSpan ReadPeriod(ref WireReader reader) =>
        reader.Signed() is >= 0 and <= 100 * 366 * TimeSpan.TicksPerDay and var ticks
        ? new(ticks)
        : throw new WireException("a period is out of range");
}
