using FsCheck;
using FsCheck.Fluent;
using NetAgent.Contracts;
using NetAgent.Dataplane.IpSets;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tests.Netlink;

namespace NetAgent.Dataplane.Tests.IpSets;

public class IpSetCodecTests
{
    [Fact]
    public void Sets_and_members_are_read_as_the_kernel_sends_them()
    {
        var headers = new List<IpSetHeader>();
        var entries = new List<IpSetEntry>();
        foreach (var message in new NetlinkMessages(CapturedBytes.Read("IpSets/sets.hex")))
        {
            if (message.Type == NetlinkFormat.Done || !IpSetCodec.TryReadHeader(message, out var header))
            {
                continue;
            }
            headers.Add(header);
            foreach (var member in new NetlinkAttributes(message.Attributes(IpSetAttribute.HeaderLength).Find(IpSetAttribute.Adt)))
            {
                Assert.True(IpSetEntryCodec.TryRead(header.Name, member.Nested, out var entry));
                entries.Add(entry);
            }
        }

        Assert.Equal(
            [
                new("KUBE-CLUSTER-IP", "hash:ip,port", IpFamily.IPv4, 65536, 1, IsPlain: true),
                new("N6", "hash:ip,port,net", IpFamily.IPv6, 65536, 1, IsPlain: true),
            ],
            headers);
        Assert.Equal(
            [
                IpSetEntry.ForIpPort("KUBE-CLUSTER-IP", InetAddress.Parse("10.96.0.1"), IpProtocol.Tcp, 443),
                IpSetEntry.ForIpPortNet("N6", InetAddress.Parse("fd00::3"), IpProtocol.Udp, 53, InetPrefix.Parse("fd00::/16")),
            ],
            entries);
    }

    [Fact]
    public void Every_member_reads_back_as_written() => Prop.ForAll(
        (from a in Generators.Address
         from b in a.Family == IpFamily.IPv4 ? Generators.IPv4 : Generators.IPv6
         from length in Gen.Choose(1, a.BitCount)
         from protocol in Generators.Protocol
         from port in Generators.Port
         from entry in Gen.Elements(
             IpSetEntry.ForIp("s", a), IpSetEntry.ForIpPort("s", a, protocol, port), IpSetEntry.ForIpPortIp("s", a, protocol, port, b),
             IpSetEntry.ForIpPortNet("s", a, protocol, port, new(b, (byte)length)), IpSetEntry.ForPort("s", port))
         select entry).ToArbitrary(),
        entry =>
        {
            var writer = new NetlinkWriter(64);
            IpSetEntryCodec.Write(ref writer, entry, 1);
            var bytes = writer.Written.ToArray();
            writer.Dispose();
            return IpSetEntryCodec.TryRead("s", new(new NetlinkAttributes(bytes).Find(IpSetAttribute.Data)), out var read) && read == entry;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("it speaks a newer protocol and still ours", 9, 7, true)]
    [InlineData("it speaks the one before", 6, 6, true)]
    [InlineData("it speaks only newer ones", 9, 8, false)]
    [InlineData("it speaks only an old one", 5, 5, false)]
    public void The_protocol_version_is_agreed_on(string because, byte newest, byte oldest, bool isOurs)
    {
        var kernel = new ScriptedTransport(_ =>
        {
            byte[] payload = [2, 0, 0, 0, 5, 0, 1, 0, newest, 0, 0, 0, 5, 0, 10, 0, oldest, 0, 0, 0];
            return [ScriptedTransport.Message(IpSetAttribute.Subsystem | (byte)IpSetCommand.Protocol, 0, 1, payload), ScriptedTransport.Error(1, 0)];
        });

        if (isOurs)
        {
            Assert.True(new IpSetSocket(kernel.Connect()).Protocol == Math.Min(newest, (byte)7), because);
        }
        else
        {
            Assert.Contains($"protocol {oldest} to {newest}", Assert.Throws<KernelException>(() => new IpSetSocket(kernel.Connect())).Message);
        }
    }
}
