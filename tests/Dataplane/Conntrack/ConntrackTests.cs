using NetAgent.Contracts;
using NetAgent.Dataplane.Conntrack;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Tests.Conntrack;

public sealed class ConntrackTests
{
    // Linux 5.4's and 6.18's header lines; two CPUs.
    private const string Old = """
        entries  searched found new invalid ignore delete delete_list insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart
        0000001f  00000000 00000002 00000000 00000010 00000000 00000000 00000000 00000000 00000001 00000002 00000003 00000000  00000000 00000000 00000000 00000004
        0000001f  00000000 00000002 00000000 00000001 00000000 00000000 00000000 00000000 00000001 00000000 00000000 00000000  00000000 00000000 00000000 00000006

        """;

    private const string New = """
        entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart
        00000003  0000ffff 00000000 00000000 00000002 00000000 00000000 00000005 00000000 0000000a 00000000 00000000 00000000  00000000 00000000 00000000 00000000

        """;

    [Fact]
    public void The_proc_file_is_read_by_its_header_and_rows_are_summed_except_entries()
    {
        Assert.Equal(new ConntrackFacts
        {
            Count = 31,
            Max = 100,
            Buckets = 50,
            InsertFailed = 2,
            Drop = 2,
            EarlyDrop = 3,
            SearchRestart = 10,
            Invalid = 17,
        }, ConntrackCounters.ParseProcFile(Old, out var entries).ToFacts(31, 100, 50));
        Assert.Equal(31, entries);
        Assert.Equal(new ConntrackFacts
        {
            Count = 3,
            InsertFailed = 10,
            Invalid = 2,
        }, ConntrackCounters.ParseProcFile(New, out entries).ToFacts(entries, 0, 0));
    }

    [Theory]
    [InlineData("")]
    [InlineData("entries drop\n")]
    [InlineData("entries drop\nzz 1\n5\n")]
    public void A_short_or_strange_proc_file_counts_what_it_has(string text) => ConntrackCounters.ParseProcFile(text, out _);

    [Theory]
    [InlineData("198.51.100.1", "192.0.2.10", "10.244.0.5")]
    [InlineData("2001:db8::1", "2001:db8::10", "fd00::5")]
    public void A_delete_names_the_whole_tuple_and_the_id(string client, string vip, string server)
    {
        var entry = new ConntrackEntry(Tuple(client, vip, 1000, 53), Tuple(server, client, 5353, 1000), 0xdeadbeef, 7);
        var writer = new NetlinkWriter(512);
        try
        {
            ConntrackEntry.WriteDelete(ref writer, entry);
            foreach (var message in new NetlinkMessages(writer.Written))
            {
                Assert.Equal(0x102, message.Type);
                var read = ConntrackEntry.Read(message);
                Assert.Equal((entry.Original, entry.Id, entry.Zone), (read.Original, read.Id, read.Zone));
                Assert.True(read.Original.IsComplete);
            }
        }
        finally
        {
            writer.Dispose();
        }
    }

    [Fact]
    public void A_tuple_that_lacks_anything_is_not_complete()
    {
        var whole = Tuple("198.51.100.1", "192.0.2.10", 1000, 53);
        Assert.True(whole.IsComplete);
        Assert.All([whole with { Source = default }, whole with { Target = default }, whole with { Protocol = 0 }, whole with { SourcePort = 0 }, whole with { TargetPort = 0 }],
            t => Assert.False(t.IsComplete));
    }

    [Fact]
    public void A_question_covers_its_destination_only()
    {
        var entry = new ConntrackEntry(Tuple("198.51.100.1", "192.0.2.10", 1000, 53), default, null, 0);
        Assert.True(new ConntrackQuestion(IpFamily.IPv4, IpProtocol.Udp, null).Covers(entry));
        Assert.True(new ConntrackQuestion(IpFamily.IPv4, IpProtocol.Udp, (InetAddress.Parse("192.0.2.10"), 53)).Covers(entry));
        Assert.False(new ConntrackQuestion(IpFamily.IPv4, IpProtocol.Udp, (InetAddress.Parse("192.0.2.10"), 54)).Covers(entry));
        Assert.False(new ConntrackQuestion(IpFamily.IPv4, IpProtocol.Sctp, null).Covers(entry));
        Assert.False(new ConntrackQuestion(IpFamily.IPv6, IpProtocol.Udp, null).Covers(entry));
    }

    private static ConntrackTuple Tuple(string source, string target, ushort sourcePort, ushort targetPort) =>
        new(InetAddress.Parse(source), InetAddress.Parse(target), (byte)IpProtocol.Udp, sourcePort, targetPort);
}
