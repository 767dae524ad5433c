using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace NetAgent.Contracts;

/// <summary>
/// An IPv4 or IPv6 address as a plain value. Unlike <see cref="IPAddress"/> it has no scope, is never null and has one form per address:
/// ::ffff:10.0.0.1 is 10.0.0.1. The default value is "no address".
/// </summary>
public readonly struct InetAddress : IEquatable<InetAddress>, IComparable<InetAddress>
{
    private readonly ulong _high;
    private readonly ulong _low;

    private InetAddress(IpFamily family, ulong high, ulong low)
    {
        Family = family;
        _high = high;
        _low = low;
    }

    /// <summary>The family; <see cref="IpFamily.None"/> for "no address".</summary>
    public IpFamily Family { get; }

    /// <summary>True for the default value, which is no address at all.</summary>
    public bool IsNone => Family == IpFamily.None;

    /// <summary>Length in bytes on the wire: 4, 16, or 0 for none.</summary>
    public int ByteCount => Family switch { IpFamily.IPv4 => 4, IpFamily.IPv6 => 16, _ => 0 };

    /// <summary>Length of a host prefix: 32, 128, or 0 for none.</summary>
    public int BitCount => ByteCount * 8;

    /// <summary>True for 127.0.0.0/8 and ::1.</summary>
    public bool IsLoopback => Family == IpFamily.IPv4 ? _low >> 24 == 127 : Family == IpFamily.IPv6 && _high == 0 && _low == 1;

    /// <summary>True for 169.254.0.0/16 and fe80::/10.</summary>
    public bool IsLinkLocal => Family == IpFamily.IPv4 ? _low >> 16 == 0xA9FE : Family == IpFamily.IPv6 && _high >> 54 == 0xFE80 >> 6;

    /// <summary>True for 0.0.0.0 and ::.</summary>
    public bool IsUnspecified => !IsNone && _high == 0 && _low == 0;

    /// <summary>True for 224.0.0.0/4 and ff00::/8.</summary>
    public bool IsMulticast => Family == IpFamily.IPv4 ? _low >> 28 == 0xE : Family == IpFamily.IPv6 && _high >> 56 == 0xFF;

    /// <summary>Reads 4 or 16 bytes in network order.</summary>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public static InetAddress FromBytes(ReadOnlySpan<byte> networkOrder)
    {
        switch (networkOrder.Length)
        {
            case 4:
                return new(IpFamily.IPv4, 0, BinaryPrimitives.ReadUInt32BigEndian(networkOrder));
            case 16:
                var high = BinaryPrimitives.ReadUInt64BigEndian(networkOrder);
                var low = BinaryPrimitives.ReadUInt64BigEndian(networkOrder[8..]);
                return high == 0 && low >> 32 == 0xFFFF
                    ? new(IpFamily.IPv4, 0, low & uint.MaxValue)
                    : new(IpFamily.IPv6, high, low);
            default:
                throw new ArgumentException($"an address has 4 or 16 bytes, not {networkOrder.Length}", nameof(networkOrder));
        }
    }

    /// <summary>Writes the address in network order; the span must hold <see cref="ByteCount"/> bytes.</summary>
    public void CopyTo(Span<byte> networkOrder)
    {
        if (Family == IpFamily.IPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(networkOrder, (uint)_low);
        }
        else if (Family == IpFamily.IPv6)
        {
            BinaryPrimitives.WriteUInt64BigEndian(networkOrder, _high);
            BinaryPrimitives.WriteUInt64BigEndian(networkOrder[8..], _low);
        }
    }

    /// <summary>Parses dotted IPv4 (four decimal parts, no leading zeros) or IPv6 text without a zone.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out InetAddress address)
    {
        address = default;
        // IPAddress takes "10.1", "010.0.0.1", "[::1]" and "fe80::1%eth0", which mean something else elsewhere.
        if (text.IsEmpty || text.IndexOfAny("[]%/ ") >= 0)
        {
            return false;
        }
        if (!text.Contains(':') && !IsDottedQuad(text))
        {
            return false;
        }
        if (!IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }
        address = FromIPAddress(parsed);
        return true;
    }

    /// <summary>Parses as <see cref="TryParse"/> does.</summary>
    /// <exception cref="FormatException">The text is no IP address.</exception>
    public static InetAddress Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is not an IP address");

    /// <summary>Takes over the framework's address, dropping a scope and unwrapping IPv4-mapped IPv6.</summary>
    public static InetAddress FromIPAddress(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out var count) ? FromBytes(bytes[..count]) : default;
    }

    /// <summary>The framework's form of this address.</summary>
    /// <exception cref="InvalidOperationException">This is no address.</exception>
    public IPAddress ToIPAddress()
    {
        if (IsNone)
        {
            throw new InvalidOperationException("no address");
        }
        Span<byte> bytes = stackalloc byte[16];
        CopyTo(bytes);
        return new IPAddress(bytes[..ByteCount]);
    }

    internal InetAddress Mask(int prefixLength)
    {
        if (Family == IpFamily.IPv4)
        {
            return new(Family, 0, prefixLength == 0 ? 0 : _low & (uint.MaxValue << (32 - prefixLength)));
        }
        var high = prefixLength >= 64 ? ulong.MaxValue : prefixLength == 0 ? 0 : ulong.MaxValue << (64 - prefixLength);
        var low = prefixLength <= 64 ? 0 : ulong.MaxValue << (128 - prefixLength);
        return new(Family, _high & high, _low & low);
    }

    private static bool IsDottedQuad(ReadOnlySpan<char> text)
    {
        int parts = 0, digits = 0;
        var leadingZero = false;
        foreach (var c in text)
        {
            if (c == '.')
            {
                if (digits == 0)
                {
                    return false;
                }
                parts++;
                digits = 0;
            }
            else if (char.IsAsciiDigit(c))
            {
                if (digits > 0 && leadingZero)
                {
                    return false;
                }
                leadingZero = digits == 0 && c == '0';
                digits++;
            }
            else
            {
                return false;
            }
        }
        return parts == 3 && digits > 0;
    }

    /// <inheritdoc/>
    public bool Equals(InetAddress other) => Family == other.Family && _low == other._low && _high == other._high;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is InetAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine((byte)Family, _high, _low);

    /// <summary>IPv4 before IPv6, then by number.</summary>
    public int CompareTo(InetAddress other)
    {
        var byFamily = Family.CompareTo(other.Family);
        var byHigh = _high.CompareTo(other._high);
        return byFamily != 0 ? byFamily : byHigh != 0 ? byHigh : _low.CompareTo(other._low);
    }

    /// <summary>The text that ipset, iptables and Go print: dotted IPv4, RFC 5952 IPv6; empty for none.</summary>
    public override string ToString() => IsNone ? "" : ToIPAddress().ToString();

    /// <summary>Value equality.</summary>
    public static bool operator ==(InetAddress left, InetAddress right) => left.Equals(right);

    /// <summary>Value inequality.</summary>
    public static bool operator !=(InetAddress left, InetAddress right) => !left.Equals(right);

    /// <summary>Order as in <see cref="CompareTo"/>.</summary>
    public static bool operator <(InetAddress left, InetAddress right) => left.CompareTo(right) < 0;

    /// <summary>Order as in <see cref="CompareTo"/>.</summary>
    public static bool operator >(InetAddress left, InetAddress right) => left.CompareTo(right) > 0;

    /// <summary>Order as in <see cref="CompareTo"/>.</summary>
    public static bool operator <=(InetAddress left, InetAddress right) => left.CompareTo(right) <= 0;

    /// <summary>Order as in <see cref="CompareTo"/>.</summary>
    public static bool operator >=(InetAddress left, InetAddress right) => left.CompareTo(right) >= 0;
}
