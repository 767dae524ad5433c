using FsCheck;
using FsCheck.Fluent;
using NetAgent.Contracts;
using NetAgent.Dataplane.Ipvs;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Tests.Ipvs;

public class IpvsCodecTests
{
    private static readonly VirtualServerKey _server = new(IpProtocol.Tcp, InetAddress.Parse("10.96.0.1"), 443);

    [Fact]
    public void Services_are_read_as_the_kernel_sends_them_and_those_on_a_mark_are_passed_over()
    {
        var rows = new List<VirtualServer>();
        var services = 0;
        foreach (var message in new NetlinkMessages(CapturedBytes.Read("Ipvs/services.hex")))
        {
            if (message.Type == NetlinkFormat.Done)
            {
                Assert.Equal(0, message.ReadErrno());
                continue;
            }
            foreach (var attribute in message.Attributes(GenericNetlink.HeaderLength))
            {
                services++;
                if (VirtualServerCodec.TryRead(attribute.Nested, out var row))
                {
                    rows.Add(row);
                }
            }
        }

        Assert.Equal(3, services);
        Assert.Equal(
            [
                new(_server, "rr") { Flags = VirtualServerFlags.Persistent, PersistenceTimeoutSeconds = 10800 },
                new(new(IpProtocol.Udp, InetAddress.Parse("fd00::a"), 53), "wrr"),
            ],
            rows.OrderBy(row => row.Key.Address));
    }

    [Fact]
    public void Destinations_are_read_as_the_kernel_sends_them()
    {
        var rows = new List<RealServer>();
        foreach (var message in new NetlinkMessages(CapturedBytes.Read("Ipvs/dests.hex")))
        {
            if (message.Type != NetlinkFormat.Done && RealServerCodec.TryRead(
                _server, new(message.Attributes(GenericNetlink.HeaderLength).Find(IpvsAttribute.Dest)), out var row, out var activity))
            {
                rows.Add(row);
                Assert.Equal(new RealServerActivity(0, 0, 0), activity);
            }
        }

        Assert.Equal([new RealServer(new(_server, InetAddress.Parse("10.244.0.5"), 6443), 3)], rows);
    }

    [Fact]
    public void A_service_is_written_as_the_header_says()
    {
        var bytes = Written((ref writer) => VirtualServerCodec.Write(ref writer, new(_server, "rr")
        {
            Flags = VirtualServerFlags.Persistent,
            PersistenceTimeoutSeconds = 10800,
        }));

        Assert.Equal(
            "54000180" + "0600010002000000" + "0600020006000000" + "140003000a600001000000000000000000000000" + "0600040001bb0000"
            + "0700060072720000" + "0c00070001000000ffffffff" + "08000800302a0000" + "08000900ffffffff",
            Convert.ToHexString(bytes).ToLowerInvariant());
    }

    [Fact]
    public void Every_service_reads_back_as_written_whatever_the_kernel_adds_to_its_flags() => Prop.ForAll(
        (from key in Generators.Server
         from scheduler in Gen.Elements("rr", "wlc", "mh", "a-long-one")
         from flags in Gen.Elements(VirtualServerFlags.None, VirtualServerFlags.Persistent, VirtualServerFlags.ShFallback | VirtualServerFlags.ShPort)
         from timeout in Gen.Choose(0, int.MaxValue)
         select new VirtualServer(key, scheduler) { Flags = flags, PersistenceTimeoutSeconds = (uint)timeout }).ToArbitrary(),
        row =>
        {
            var sent = row with { Flags = row.Flags | (VirtualServerFlags)IpvsAttribute.ServiceIsHashed };
            var bytes = Written((ref writer) => VirtualServerCodec.Write(ref writer, sent));
            return VirtualServerCodec.TryRead(new(new NetlinkAttributes(bytes).Find(IpvsAttribute.Service)), out var read) && read == row;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_destination_reads_back_as_written() => Prop.ForAll(
        (from server in Generators.Server
         from address in server.Address.Family == IpFamily.IPv4 ? Generators.IPv4 : Generators.IPv6
         from port in Generators.Port
         from weight in Gen.Choose(0, 65535)
         select new RealServer(new(server, address, port), (ushort)weight)).ToArbitrary(),
        row =>
        {
            var bytes = Written((ref writer) => RealServerCodec.Write(ref writer, row));
            return RealServerCodec.TryRead(row.Key.Server, new(new NetlinkAttributes(bytes).Find(IpvsAttribute.Dest)), out var read, out _) && read == row;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Counters_beyond_sixteen_bits_and_other_forwarding_are_seen()
    {
        var bytes = Written((ref writer) =>
        {
            writer.WriteAddress16(IpvsAttribute.DestAddress, InetAddress.Parse("10.0.0.1"));
            writer.WriteUInt32(IpvsAttribute.DestForwarding, 3);
            writer.WriteUInt32(IpvsAttribute.DestWeight, 1);
            writer.WriteUInt32(IpvsAttribute.DestActive, 70_000);
            writer.WriteUInt32(IpvsAttribute.DestInactive, 80_000);
            writer.WriteUInt32(IpvsAttribute.DestPersistent, 90_000);
        });

        Assert.True(RealServerCodec.TryRead(_server, new(bytes), out var row, out var activity));

        Assert.Equal(new RealServerActivity(70_000, 80_000, 90_000), activity);
        Assert.True(row.ForwardsOtherwise);
    }

    private delegate void Writing(ref NetlinkWriter writer);

    private static byte[] Written(Writing write)
    {
        var writer = new NetlinkWriter(64);
        write(ref writer);
        var bytes = writer.Written.ToArray();
        writer.Dispose();
        return bytes;
    }
}
