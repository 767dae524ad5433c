using System.Globalization;

namespace NetAgent.Contracts;

/// <summary>
/// An address with a prefix length, as in 10.244.0.0/16. Host bits may be set (an interface address); <see cref="Network"/> clears them.
/// </summary>
/// <param name="Address">The address as written.</param>
/// <param name="Length">Prefix length in bits, 0 to 32 or 0 to 128.</param>
public readonly record struct InetPrefix(InetAddress Address, byte Length) : IComparable<InetPrefix>
{
    /// <summary>The family of the address.</summary>
    public IpFamily Family => Address.Family;

    /// <summary>True for the default value.</summary>
    public bool IsNone => Address.IsNone;

    /// <summary>The prefix with its host bits cleared.</summary>
    public InetPrefix Network => new(Address.Mask(Length), Length);

    /// <summary>True when no host bit is set.</summary>
    public bool IsAligned => Address == Address.Mask(Length);

    /// <summary>/32 or /128 of one address.</summary>
    public static InetPrefix Host(InetAddress address) => new(address, (byte)address.BitCount);

    /// <summary>True when the address has this prefix' family and lies inside it.</summary>
    public bool Contains(InetAddress address) => address.Family == Family && !IsNone && address.Mask(Length) == Address.Mask(Length);

    /// <summary>True when every address of the other prefix lies inside this one.</summary>
    public bool Contains(InetPrefix other) => other.Length >= Length && Contains(other.Address);

    /// <summary>Parses <c>address/length</c>; a bare address is not a prefix.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out InetPrefix prefix)
    {
        prefix = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || !InetAddress.TryParse(text[..slash], out var address))
        {
            return false;
        }
        // Go refuses signs, spaces and leading zeros here; so do we.
        var digits = text[(slash + 1)..];
        if (digits.Length is 0 or > 3 || (digits[0] == '0' && digits.Length > 1)
            || !byte.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > address.BitCount)
        {
            return false;
        }
        prefix = new(address, length);
        return true;
    }

    /// <summary>Parses as <see cref="TryParse"/> does.</summary>
    /// <exception cref="FormatException">The text is no prefix.</exception>
    public static InetPrefix Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var prefix) ? prefix : throw new FormatException($"'{text}' is not an address prefix such as 10.0.0.0/8");

    /// <summary>By address, then by length.</summary>
    public int CompareTo(InetPrefix other)
    {
        var byAddress = Address.CompareTo(other.Address);
        return byAddress != 0 ? byAddress : Length.CompareTo(other.Length);
    }

    /// <summary><c>address/length</c>.</summary>
    public override string ToString() => IsNone ? "" : string.Create(CultureInfo.InvariantCulture, $"{Address}/{Length}");

    /// <summary>Order as in <see cref="CompareTo"/>.</summary>
    public static bool operator <(InetPrefix left, InetPrefix right) => left.CompareTo(right) < 0;

    /// <summary>Order as in <see cref="CompareTo"/>.</summary>
    public static bool operator >(InetPrefix left, InetPrefix right) => left.CompareTo(right) > 0;

    /// <summary>Order as in <see cref="CompareTo"/>.</summary>
    public static bool operator <=(InetPrefix left, InetPrefix right) => left.CompareTo(right) <= 0;

    /// <summary>Order as in <see cref="CompareTo"/>.</summary>
    public static bool operator >=(InetPrefix left, InetPrefix right) => left.CompareTo(right) >= 0;
}
