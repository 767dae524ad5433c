using NetAgent.Contracts;
using NetAgent.Dataplane.Ipvs;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;
using NetAgent.Dataplane.Tests.Netlink;
using static NetAgent.Dataplane.Tests.Netlink.ScriptedTransport;

namespace NetAgent.Dataplane.Tests.Ipvs;

public class IpvsTableFaultTests
{
    private const ushort Family = 0x1c;

    private static VirtualServer Server(ushort port) => new(new(IpProtocol.Tcp, InetAddress.Parse("10.96.0.1"), port), "rr");

    private static IpvsCommand Command(byte[] datagram) => (IpvsCommand)datagram[NetlinkFormat.HeaderLength];

    private static List<RowRefusal> Apply(ScriptedTransport kernel, RowChangeKind kind, params VirtualServer[] rows)
    {
        var refusals = new List<RowRefusal>();
        new VirtualServerTable(new(kernel.Connect(), Family)).Apply([.. rows.Select(row => new RowChange<VirtualServer>(kind, row, row))], refusals);
        return refusals;
    }

    [Fact]
    public void An_addition_whose_answer_was_lost_is_sent_again_and_found_done()
    {
        var sends = 0;
        var kernel = new ScriptedTransport(datagram => ++sends switch
        {
            1 => [Answer.Fails(Errno.NoBuffers)],
            2 => [Error(Split(datagram)[0].Sequence, Errno.Exists)],
            _ => [Error(Split(datagram)[0].Sequence, 0)],
        });

        Assert.Empty(Apply(kernel, RowChangeKind.Add, Server(80)));

        Assert.Equal([IpvsCommand.NewService, IpvsCommand.NewService, IpvsCommand.SetService], kernel.Sent.Select(Command));
    }

    [Fact]
    public void A_row_that_the_kernel_will_neither_make_nor_set_is_refused_after_a_few_tries()
    {
        var kernel = new ScriptedTransport(datagram =>
            [Error(Split(datagram)[0].Sequence, Command(datagram) == IpvsCommand.NewService ? Errno.Exists : Errno.NoProcess)]);

        var refusal = Assert.Single(Apply(kernel, RowChangeKind.Add, Server(80)));

        Assert.Equal(("IPVS_CMD_SET_SERVICE", Errno.NoProcess), (refusal.Operation, refusal.Errno));
        Assert.Equal(4, kernel.Sent.Count);
    }

    [Fact]
    public void Rows_with_an_unknown_result_are_refused_as_such_and_the_others_are_not()
    {
        var kernel = new ScriptedTransport(datagram => Split(datagram).Count == 64
            ? [Answer.Fails(Errno.NoBuffers)]
            : [Error(Split(datagram)[^1].Sequence, 0)]);

        var refusals = Apply(kernel, RowChangeKind.Add, [.. Enumerable.Range(1, 70).Select(i => Server((ushort)i))]);

        Assert.Equal(Enumerable.Range(0, 64), refusals.Select(refusal => refusal.Index));
        Assert.All(refusals, refusal => Assert.Contains("result unknown", refusal.Reason));
    }

    [Fact]
    public void A_read_that_fails_throws_and_gives_no_rows()
    {
        var table = new VirtualServerTable(new(new ScriptedTransport(_ => [Error(1, 1)]).Connect(), Family));

        var thrown = Assert.Throws<KernelException>(() => table.Read());

        Assert.Equal(("IPVS_CMD_GET_SERVICE", 1), (thrown.Operation, thrown.Errno));
    }
}
