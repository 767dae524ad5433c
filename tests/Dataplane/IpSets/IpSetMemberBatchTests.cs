using NetAgent.Contracts;
using NetAgent.Dataplane.IpSets;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tests.Netlink;
using static NetAgent.Dataplane.Tests.Netlink.ScriptedTransport;

namespace NetAgent.Dataplane.Tests.IpSets;

public class IpSetMemberBatchTests
{
    private static MemberChange Add(int i, string set = "s") =>
        new(i, IpSetEntry.ForIp(set, InetAddress.FromBytes([10, 0, (byte)(i >> 8), (byte)i])), IpSetCommand.Add);

    /// <summary>A kernel that refuses the members at these lines of the first list it gets and takes everything after.</summary>
    private static ScriptedTransport Refusing(int errno, params uint[] lines)
    {
        var next = 0;
        return new(datagram =>
        {
            var (type, _, sequence) = Split(datagram)[0];
            if (type != (IpSetAttribute.Subsystem | (byte)IpSetCommand.Add) || next == lines.Length)
            {
                return [Error(Split(datagram)[^1].Sequence, 0)];
            }
            // ipset sends the request back with its IPSET_ATTR_LINENO overwritten.
            byte[] payload = [.. BitConverter.GetBytes(-errno), .. new byte[16], 2, 0, 0, 0, 8, 0, 9, 0, .. BitConverter.GetBytes(lines[next++])];
            return [Message(NetlinkFormat.Error, 0, sequence, payload)];
        });
    }

    private static List<MemberFailure> Apply(ScriptedTransport kernel, int count) =>
        new IpSetMemberBatch(new(kernel.Connect())).Apply([.. Enumerable.Range(0, count).Select(i => Add(i))]);

    [Fact]
    public void What_is_behind_a_refused_member_is_sent_again_until_all_are_in_or_refused()
    {
        var kernel = Refusing(4104, 3, 2, 95);

        // Of 100: the third; of the 97 behind it the second, which is the fifth; of the 95 behind that the last.
        Assert.Equal([2, 4, 99], Apply(kernel, 100).Select(failure => failure.Change.Index));
        Assert.Equal(4, kernel.Sent.Count);
    }

    [Fact]
    public void A_full_set_gives_back_everything_not_yet_added()
    {
        var failures = Apply(Refusing(IpSetErrno.Full, 41), 100);

        Assert.Equal(Enumerable.Range(40, 60), failures.Select(failure => failure.Change.Index));
        Assert.All(failures, failure => Assert.Equal(IpSetErrno.Full, failure.Failure.Errno));
    }

    [Fact]
    public void An_error_that_names_no_member_is_every_members()
    {
        Assert.Equal(5, Apply(Refusing(Errno.NoEntry, 0), 5).Count);
    }

    [Fact]
    public void Lists_hold_a_hundred_and_twenty_eight_members_of_one_set()
    {
        var kernel = new ScriptedTransport(datagram => [Error(Split(datagram)[^1].Sequence, 0)]);

        Assert.Empty(new IpSetMemberBatch(new(kernel.Connect())).Apply([.. Enumerable.Range(0, 300).Select(i => Add(i, i < 200 ? "a" : "b"))]));

        var lists = kernel.Sent[1..].SelectMany(Split).ToList();
        Assert.Equal(3, lists.Count);
    }
}
