using NetAgent.Dataplane.Netlink;
using static NetAgent.Dataplane.Tests.Netlink.ScriptedTransport;

namespace NetAgent.Dataplane.Tests.Netlink;

public class NetlinkConnectionTests
{
    private const ushort Type = 0x20;

    private static void Write(ref NetlinkWriter writer, int item)
    {
        var message = writer.BeginMessage(Type, NetlinkFlags.None);
        writer.WriteUInt32(1, (uint)item);
        writer.EndMessage(message);
    }

    private static void WriteDump(ref NetlinkWriter writer, int item)
    {
        var message = writer.BeginMessage(Type, NetlinkFlags.Dump);
        writer.EndMessage(message);
    }

    private static List<byte> Ask(ScriptedTransport kernel) => kernel.Connect().Ask("GET", 0, WriteDump, () => new List<byte>(),
        (message, gathered) => gathered.Add(message.Payload[0]));

    private static byte[] Part(uint sequence, byte value, NetlinkFlags flags = NetlinkFlags.Multi) =>
        Message(Type, flags, sequence, [value, 0, 0, 0]);

    [Fact]
    public void Requests_go_sixty_four_a_send_and_only_the_last_asks_for_an_acknowledgement()
    {
        var kernel = new ScriptedTransport(datagram => [Error(Split(datagram)[^1].Sequence, 0)]);

        Assert.Empty(kernel.Connect().Send([.. Enumerable.Range(0, 150)], Write));

        Assert.Equal([64, 64, 22], kernel.Sent.Select(datagram => Split(datagram).Count));
        Assert.All(kernel.Sent, datagram =>
        {
            var flags = Split(datagram).Select(header => header.Flags).ToList();
            Assert.All(flags[..^1], flag => Assert.Equal(NetlinkFlags.Request, flag));
            Assert.Equal(NetlinkFlags.Request | NetlinkFlags.Ack, flags[^1]);
        });
        Assert.Equal(Enumerable.Range(1, 150).Select(i => (uint)i), kernel.Sent.SelectMany(Split).Select(header => header.Sequence));
    }

    [Fact]
    public void Errors_amid_a_batch_come_back_with_the_index_of_their_request()
    {
        var kernel = new ScriptedTransport(datagram =>
        {
            var headers = Split(datagram);
            return [.. headers.Where(header => header.Sequence is 3 or 70).Select(header => (Answer)Error(header.Sequence, 17)), Error(headers[^1].Sequence, 0)];
        });

        var failures = kernel.Connect().Send([.. Enumerable.Range(0, 100)], Write);

        Assert.Equal([(2, 17), (69, 17)], failures.Select(failure => (failure.Index, failure.Errno)));
    }

    [Fact]
    public void The_last_request_of_a_batch_can_fail_too()
    {
        var kernel = new ScriptedTransport(datagram => [Error(Split(datagram)[^1].Sequence, 3)]);

        Assert.Equal([(1, 3)], kernel.Connect().Send([0, 1], Write).Select(failure => (failure.Index, failure.Errno)));
    }

    [Fact]
    public void A_lost_answer_makes_the_batch_be_sent_again_and_old_answers_are_not_taken_for_new()
    {
        var sends = 0;
        var kernel = new ScriptedTransport(datagram => ++sends == 1
            ? [Answer.Fails(Errno.NoBuffers), Error(1, 22), Error(3, 0)]
            : [Error(1, 22), Error(5, 17), Error(Split(datagram)[^1].Sequence, 0)]);

        var failures = kernel.Connect().Send([0, 1, 2], Write);

        Assert.Equal([(1, 17)], failures.Select(failure => (failure.Index, failure.Errno)));
        Assert.Equal(2, kernel.Sent.Count);
    }

    [Fact]
    public void Where_answers_stay_lost_the_results_are_unknown_and_later_batches_go_on()
    {
        var kernel = new ScriptedTransport(datagram => Split(datagram).Count == 64
            ? [Answer.Fails(Errno.NoBuffers)]
            : [Error(Split(datagram)[^1].Sequence, 0)]);

        var failures = kernel.Connect().Send([.. Enumerable.Range(0, 65)], Write);

        Assert.Equal(Enumerable.Range(0, 64), failures.Select(failure => failure.Index));
        Assert.All(failures, failure => Assert.Equal(Errno.NoBuffers, failure.Errno));
        Assert.Contains("result unknown", failures[0].Describe());
    }

    [Fact]
    public void A_socket_that_does_not_answer_fails_everything_without_waiting_for_each()
    {
        var kernel = new ScriptedTransport(_ => []);

        var failures = kernel.Connect().Send([.. Enumerable.Range(0, 200)], Write);

        Assert.Equal(Enumerable.Range(0, 200), failures.Select(failure => failure.Index));
        Assert.All(failures, failure => Assert.Equal(Errno.TimedOut, failure.Errno));
        Assert.Single(kernel.Sent);
    }

    [Fact]
    public void The_kernels_own_words_are_kept()
    {
        byte[] payload = [.. BitConverter.GetBytes(-22), .. new byte[16], 9, 0, 1, 0, .. "oops\0"u8, 0, 0, 0];
        var kernel = new ScriptedTransport(datagram => [Message(NetlinkFormat.Error, (NetlinkFlags)0x300, 1, payload)]);

        Assert.Equal("invalid argument (EINVAL): oops", kernel.Connect().Send(0, Write)!.Describe());
    }

    [Fact]
    public void A_dump_gathers_all_parts_and_skips_what_answers_something_else()
    {
        var kernel = new ScriptedTransport(_ => [Part(99, 7), Part(1, 1), (byte[])[.. Part(1, 2), .. Part(1, 3)], Done(1)]);

        Assert.Equal([1, 2, 3], Ask(kernel));
    }

    [Fact]
    public void An_interrupted_dump_is_asked_for_again_from_the_start()
    {
        var sends = 0u;
        var kernel = new ScriptedTransport(_ => ++sends < 3
            ? [Part(sends, 1), Part(sends, 2, NetlinkFlags.Multi | NetlinkFlags.DumpInterrupted), Done(sends)]
            : [Part(sends, 5), Done(sends)]);

        Assert.Equal([5], Ask(kernel));
    }

    [Theory]
    [InlineData(Errno.NoBuffers)]
    [InlineData(Errno.Interrupted)]
    public void A_dump_that_never_completes_fails_and_is_not_taken_for_empty(int errno)
    {
        var sends = 0u;
        var kernel = new ScriptedTransport(_ => ++sends > 0 && errno == Errno.Interrupted
            ? [Done(sends, NetlinkFlags.Multi | NetlinkFlags.DumpInterrupted)]
            : [Part(sends, 1), Answer.Fails(errno), Done(sends)]);

        var thrown = Assert.Throws<KernelException>(() => Ask(kernel));

        Assert.Equal(("GET", errno), (thrown.Operation, thrown.Errno));
        Assert.Equal(8, kernel.Sent.Count);
    }

    [Fact]
    public void A_refused_dump_names_operation_and_errno()
    {
        var thrown = Assert.Throws<KernelException>(() => Ask(new ScriptedTransport(_ => [Error(1, 1)])));

        Assert.Equal("GET: operation not permitted (EPERM); the agent needs CAP_NET_ADMIN", thrown.Message);
    }

    [Fact]
    public void A_datagram_larger_than_the_buffer_is_asked_for_again_with_a_larger_one()
    {
        var sends = 0u;
        var kernel = new ScriptedTransport(_ => [(byte[])[.. Enumerable.Repeat(Part(++sends, 4), 5000).SelectMany(part => part)], Done(sends)]);

        Assert.Equal(5000, Ask(kernel).Count);
        Assert.Equal(2, kernel.Sent.Count);
    }

    [Theory]
    [InlineData("a header cut short", "10000000 2000")]
    [InlineData("a length beyond the end", "40000000 2000 0200 01000000 00000000")]
    [InlineData("a length below a header's", "04000000 2000 0200 01000000 00000000")]
    public void A_malformed_message_is_an_error_and_no_answer(string because, string hex)
    {
        var bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

        var thrown = Assert.Throws<KernelException>(() => Ask(new ScriptedTransport(_ => [bytes, Done(1)])));
        Assert.True(thrown.Errno == Errno.BadMessage, because);

        var failure = Assert.Single(new ScriptedTransport(_ => [bytes]).Connect().Send([0], Write));
        Assert.Equal(Errno.BadMessage, failure.Errno);
    }
}
