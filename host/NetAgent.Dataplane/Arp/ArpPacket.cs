using System.Buffers.Binary;
using System.Net.NetworkInformation;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Arp;

/// <summary>ARP for IPv4 over Ethernet (RFC 826, linux/if_arp.h), without the Ethernet header.</summary>
/// <param name="Operation">1 request, 2 reply.</param>
/// <param name="SenderMac">Hardware address of the sender.</param>
/// <param name="SenderAddress">Its IPv4 address; 0.0.0.0 in a probe (RFC 5227).</param>
/// <param name="TargetMac">Zero in a request.</param>
/// <param name="TargetAddress">The address asked for.</param>
internal sealed record ArpPacket(
    ushort Operation, PhysicalAddress SenderMac, InetAddress SenderAddress, PhysicalAddress TargetMac, InetAddress TargetAddress)
{
    public const int Length = 28;
    public const ushort Request = 1; // ARPOP_REQUEST
    public const ushort Reply = 2;   // ARPOP_REPLY
    private const ushort Ethernet = 1;    // ARPHRD_ETHER
    private const ushort Ipv4 = 0x0800;   // ETH_P_IP

    public static PhysicalAddress NoMac { get; } = new(new byte[6]);

    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, Ethernet);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), Ipv4);
        bytes[4] = 6;
        bytes[5] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), Operation);
        SenderMac.GetAddressBytes().CopyTo(bytes, 8);
        SenderAddress.CopyTo(bytes.AsSpan(14));
        TargetMac.GetAddressBytes().CopyTo(bytes, 18);
        TargetAddress.CopyTo(bytes.AsSpan(24));
        return bytes;
    }

    /// <summary>Null for anything that is not ARP for IPv4 over Ethernet.</summary>
    public static ArpPacket? TryParse(ReadOnlySpan<byte> bytes) =>
        bytes.Length < Length
        || BinaryPrimitives.ReadUInt16BigEndian(bytes) != Ethernet
        || BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) != Ipv4
        || bytes[4] != 6 || bytes[5] != 4
            ? null
            : new(
                BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]),
                new(bytes[8..14].ToArray()),
                InetAddress.FromBytes(bytes[14..18]),
                new(bytes[18..24].ToArray()),
                InetAddress.FromBytes(bytes[24..28]));
}
