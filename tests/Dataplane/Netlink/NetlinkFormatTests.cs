using FsCheck;
using FsCheck.Fluent;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Tests.Netlink;

public class NetlinkFormatTests
{
    [Fact]
    public void Messages_attributes_and_nests_are_laid_out_as_the_kernel_wants_them()
    {
        var writer = new NetlinkWriter(16);
        var message = writer.BeginMessage(0x1234, NetlinkFlags.Dump);
        writer.TakeHeader(1)[0] = 0xAA;
        var nest = writer.BeginNested(7);
        writer.WriteByte(1, 2);
        writer.WriteUInt16BigEndian(2 | NetlinkFormat.NetByteOrder, 443);
        writer.EndNested(nest);
        writer.WriteText(3, "rr");
        writer.EndMessage(message);
        var written = Convert.ToHexString(writer.Written).ToLowerInvariant();
        writer.Dispose();

        Assert.Equal(
            "30000000" + "3412" + "0103" + "00000000" + "00000000" // nlmsghdr
            + "aa000000"                                           // padded family header
            + "1400" + "0780" + "0500010002000000" + "0600024001bb0000"
            + "0700030072720000", written);
    }

    [Fact]
    public void Whatever_is_written_is_read_back() => Prop.ForAll(
        Gen.ListOf(Gen.Zip(Gen.Choose(1, 100), Gen.ArrayOf(Gen.Choose(0, 255).Select(i => (byte)i)))).ToArbitrary(),
        attributes =>
        {
            var writer = new NetlinkWriter(16);
            var message = writer.BeginMessage(1, NetlinkFlags.None);
            foreach (var (type, value) in attributes)
            {
                writer.WriteBytes(type, value);
            }
            writer.EndMessage(message);
            var datagram = writer.Written.ToArray();
            writer.Dispose();
            var read = new List<(int, string)>();
            foreach (var one in new NetlinkMessages(datagram))
            {
                foreach (var attribute in one.Attributes(0))
                {
                    read.Add((attribute.Type, Convert.ToHexString(attribute.Value)));
                }
            }
            return read.SequenceEqual(attributes.Select(pair => (pair.Item1, Convert.ToHexString(pair.Item2))));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bytes_end_in_messages_or_in_one_kind_of_exception() => Prop.ForAll(
        Gen.ArrayOf(Gen.Choose(0, 40).Select(i => (byte)i)).ToArbitrary(),
        bytes =>
        {
            try
            {
                foreach (var message in new NetlinkMessages(bytes))
                {
                    _ = message.ReadErrno();
                    _ = message.ReadErrorText();
                    foreach (var attribute in message.Attributes(4))
                    {
                        _ = attribute.ReadUInt32();
                    }
                }
            }
            catch (KernelException)
            {
            }
            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_nest_that_outgrows_an_attribute_is_a_bug_and_says_so()
    {
        Assert.Throws<InvalidOperationException>(() =>
        {
            var writer = new NetlinkWriter(16);
            var nest = writer.BeginNested(1);
            for (var i = 0; i < 9000; i++)
            {
                writer.WriteUInt32(1, 0);
            }
            writer.EndNested(nest);
        });
    }
}
