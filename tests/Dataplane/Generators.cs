using FsCheck;
using FsCheck.Fluent;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests;

/// <summary>Random values of the kernel's vocabulary.</summary>
internal static class Generators
{
    public static Gen<byte> Byte { get; } = Gen.Choose(0, 255).Select(i => (byte)i);

    public static Gen<ushort> Port { get; } = Gen.Choose(1, 65535).Select(i => (ushort)i);

    public static Gen<InetAddress> IPv4 { get; } = Byte.ArrayOf(4).Select(bytes => InetAddress.FromBytes(bytes));

    public static Gen<InetAddress> IPv6 { get; } = Byte.ArrayOf(15).Select(bytes => InetAddress.FromBytes([0xfd, .. bytes]));

    public static Gen<InetAddress> Address { get; } = Gen.OneOf(IPv4, IPv6);

    public static Gen<IpProtocol> Protocol { get; } = Gen.Elements(IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp);

    public static Gen<VirtualServerKey> Server { get; } =
        from protocol in Protocol
        from address in Address
        from port in Port
        select new VirtualServerKey(protocol, address, port);
}
