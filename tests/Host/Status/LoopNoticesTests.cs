using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Cluster;
using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Status;

public sealed class LoopNoticesTests
{
    private static readonly ConfigurationProblem Bad = new()
    {
        Severity = Severity.Error,
        Source = "/etc/masq",
        Path = "resyncInterval",
        Line = 2,
        Message = "'soon' is not a duration",
    };

    [Fact]
    public void What_a_plugin_says_itself_of_a_refused_configuration_is_not_said_twice()
    {
        var other = Bad with { Path = "cidrLimit", Message = "no number" };
        var notices = Notices([Bad, other], new Notice(Severity.Error, "DefaultsInForce", $"{Bad} (the defaults are in force)"));

        Assert.Equal(["ConfigurationRefused", "DefaultsInForce"], notices.Select(n => n.Reason).Order());
        Assert.Contains("cidrLimit", notices.Single(n => n.Reason == "ConfigurationRefused").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_that_is_the_plugins_state_is_said_once()
    {
        var refused = Snapshot([Bad]) with
        {
            Plugins = [new() { Name = "masq-agent", State = PluginState.Refused, Reason = "ConfigurationRefused", LastError = $"{Bad}; and more", Problems = [Bad] }],
        };

        Assert.Single(LoopNotices.Of(refused, [], [], []));
    }

    [Fact]
    public void What_no_plugin_says_the_agent_does() =>
        Assert.Equal(["ConfigurationRefused"], Notices([Bad]).Select(n => n.Reason));

    [Fact]
    public void What_a_plugin_says_itself_of_a_warning_is_not_said_twice()
    {
        var own = Bad with { Severity = Severity.Warning, Path = "nonMasqueradeCIDRs" };
        var others = Bad with { Severity = Severity.Warning, Path = "cidrLimit" };

        Assert.Equal(["ConfigurationWarning", "OverlappingRange"],
            Notices([own, others], new Notice(Severity.Warning, "OverlappingRange", own.ToString())).Select(n => n.Reason));
    }

    [Fact]
    public void What_is_mere_information_warns_nobody()
    {
        var notice = Assert.Single(Notices([Bad with { Severity = Severity.Information, Message = "there is no such file; the defaults hold" }]));

        Assert.Equal((Severity.Information, "Configuration"), (notice.Severity, notice.Reason));
    }

    [Theory]
    [InlineData(true, "1")]
    [InlineData(false, "0")]
    public void A_plugins_refused_file_is_stale_configuration_too(bool isError, string value)
    {
        var text = new PrometheusText();
        SnapshotMetrics.Write(text, Snapshot([Bad with { Severity = isError ? Severity.Error : Severity.Warning }]), DateTimeOffset.UnixEpoch);
        Assert.Contains($"netagent_configuration_stale {value}", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_end_of_a_notice_of_the_agent_itself_names_the_agent_as_its_beginning_does()
    {
        var log = new TestLog();
        var board = new NoticeBoard(log, new NoEventSink());

        board.Post([new("", new(Severity.Warning, "NodeDeleted", "gone"))]);
        board.Post([]);

        Assert.Equal(["Warning: agent NodeDeleted: gone", "Information: over: agent NodeDeleted: gone"], log.Lines);
    }

    [Theory]
    [InlineData("ApiServerUnreachable")]
    [InlineData("NodeUnknown")]
    [InlineData("RowRefused")]
    public void A_reason_that_is_the_agents_own_is_taken_from_no_plugin(string reason)
    {
        var notice = Assert.Single(Notices([], new Notice(Severity.Error, reason, "as if")));

        Assert.Equal("ReservedReason", notice.Reason);
        Assert.Equal($"plugin 'masq-agent' says '{reason}', which is the agent's own to say: as if", notice.Message);
    }

    [Fact]
    public void A_notice_of_several_lines_is_one_line_in_log_and_status()
    {
        var log = new TestLog();
        var board = new NoticeBoard(log, new NoEventSink());

        board.Post([new("acme", new(Severity.Error, "Torn", "first\r\n  second\n\u001b[2Jthird"))]);

        Assert.Equal(["Error: acme Torn: first | second |  [2Jthird"], log.Lines);
        Assert.Equal("first | second |  [2Jthird", board.Current.Single().Notice.Message);
    }

    [Fact]
    public void A_notice_about_one_cause_comes_once_and_goes_once_however_its_numbers_change()
    {
        var log = new TestLog();
        var board = new NoticeBoard(log, new NoEventSink());

        foreach (var count in new[] { 14, 12, 9 })
        {
            board.Post([new("", new(Severity.Error, "RowRefused", $"the lock is held; {count} chains")) { Cause = "lock" }]);
        }
        Assert.Equal("the lock is held; 9 chains", Assert.Single(board.Current).Notice.Message);
        board.Post([new("", new(Severity.Error, "RowRefused", "no IPv6")) { Cause = "other" }]);

        Assert.Equal(
            ["Error: agent RowRefused: the lock is held; 14 chains", "Error: agent RowRefused: no IPv6", "Information: over: agent RowRefused: the lock is held; 9 chains"],
            log.Lines);
    }

    [Fact]
    public void A_kernel_that_cannot_be_read_is_one_notice_and_a_degraded_agent()
    {
        var snapshot = Snapshot([]) with
        {
            LastReport = new(0, 0, 0, 0, [], 0, [new("chains", "iptables-save: exit 1"), new("jumps", "iptables-save: exit 1")], TimeSpan.Zero),
        };

        var notice = Assert.Single(LoopNotices.Of(snapshot, [], [], [])).Notice;

        Assert.Equal("the kernel could not be read, what was known of it stays (chains, jumps): iptables-save: exit 1", notice.Message);
        Assert.True(snapshot.IsDegraded);
        Assert.False((snapshot with { LastReport = null }).IsDegraded);
    }

    [Fact]
    public void A_kind_of_which_the_kernel_takes_nothing_degrades_the_agent_whosever_it_is()
    {
        var row = new FailedRow("", "chains", FailedRow.WholeTable, "iptables-restore", 0, "held", 3);

        Assert.True((Snapshot([]) with { Dataplane = new([], [row], [], [], 0, null, null) }).IsDegraded);
    }

    private static Notice[] Notices(ConfigurationProblem[] problems, params Notice[] own) =>
        [.. LoopNotices.Of(Snapshot(problems, own), [], [], []).Select(posted => posted.Notice)];

    private static AgentSnapshot Snapshot(ConfigurationProblem[] problems, params Notice[] own) => new()
    {
        NodeName = "node-1",
        IsClusterComplete = true,
        IsNodeKnown = true,
        Plugins = [new() { Name = "masq-agent", Problems = problems }],
        Dataplane = new([], [], [.. own.Select(notice => ("masq-agent", notice))], [], 0, null, null),
    };
}
