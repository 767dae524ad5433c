using System.Text.Json;
using NetAgent.Dataplane;
using NetAgent.Host.Commands;
using NetAgent.Host.Status;

namespace NetAgent.Host.Tests.Status;

public sealed class StatusTests
{
    private static readonly FailedRow Refused = new("ipvs", "virtual servers", "TCP 10.96.0.1:443", "IPVS_CMD_NEW_SERVICE", 2, "no such scheduler", 3);

    [Fact]
    public void A_row_that_the_kernel_refuses_is_shown_whole_and_the_agent_is_degraded()
    {
        var text = Show([Refused]);
        Assert.Contains("DEGRADED", text, StringComparison.Ordinal);
        Assert.Contains("TCP 10.96.0.1:443", text, StringComparison.Ordinal);
        Assert.Contains("IPVS_CMD_NEW_SERVICE", text, StringComparison.Ordinal);
        Assert.Contains("no such scheduler", text, StringComparison.Ordinal);
        Assert.DoesNotContain("more: -o json", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_refused_rows_it_is_ok() => Assert.Contains("on node-1: ok", Show([]), StringComparison.Ordinal);

    [Fact]
    public void A_row_of_a_plugin_that_is_not_required_does_not_degrade_the_agent() =>
        Assert.Contains("on node-1: ok", Show([Refused with { Plugin = "extra" }]), StringComparison.Ordinal);

    [Fact]
    public void A_conflict_is_shown_and_degrades_nothing()
    {
        var text = Show([Refused with { Kind = FailureKind.Conflict, Reason = "claimed earlier" }]);
        Assert.Contains("on node-1: ok; 1 row loses to an older claim\n", text, StringComparison.Ordinal);
        Assert.Contains("LOST TO ANOTHER", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NOT IN THE KERNEL", text, StringComparison.Ordinal);
        Assert.Contains("claimed earlier", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_one_cause_and_what_waits_for_them_are_one_row()
    {
        var cause = new FailureCause("XtablesLock", "the lock is held");
        FailedRow[] failed =
        [
            new("", "chains", FailedRow.WholeTable, "iptables-restore", 11, "the lock is held", 3) { Rows = 11, Cause = cause },
            new("", "jumps", FailedRow.WholeTable, "iptables-restore", 11, "the lock is held", 3) { Rows = 9, Cause = cause },
            .. Enumerable.Range(0, 12).Select(i => new FailedRow("ipvs", $"kind {i}", "chain IPv4 nat KUBE-SERVICES", "waiting", 0, "wait", 0) { Kind = FailureKind.Waiting }),
        ];

        var text = Show(failed);

        Assert.Matches(@"NOT IN THE KERNEL .*\nchains +\* and 1 more +iptables-restore +the lock is held\n\n", text);
        Assert.DoesNotContain("KUBE-SERVICES", text, StringComparison.Ordinal);
        Assert.Contains("kind 3 ", Show(failed[2..]), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_read_live_degrades_the_agent_and_is_said_in_words_and_metrics()
    {
        Assert.Contains("DEGRADED\ncluster: 1 Service; not all of it can be read, and what was known of the rest stays\n",
            Show([], snapshot => snapshot with { IsReadInPart = true, ServiceCount = 1 }), StringComparison.Ordinal);
        var text = new PrometheusText();
        SnapshotMetrics.Write(text, new() { IsClusterComplete = true, IsNodeKnown = true, IsReadInPart = true }, DateTimeOffset.UnixEpoch);
        Assert.Contains("netagent_degraded 1\n", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_refused_rows_some_are_shown_and_the_others_counted() =>
        Assert.Contains("and 80 more: -o json has them all", Show([.. Enumerable.Range(0, 100).Select(i => Refused with { Key = $"TCP 10.96.0.{i}:443" })]), StringComparison.Ordinal);

    [Fact]
    public void The_last_contact_with_the_API_server_is_shown_for_each_kind()
    {
        var text = Show([], snapshot => snapshot with
        {
            Resources =
            [
                new("services", true, 7, 1, 1, 5, 0, DateTimeOffset.UnixEpoch.AddMinutes(9)),
                new("nodes", true, 1, 1, 1, 5, 3, DateTimeOffset.UnixEpoch.AddSeconds(598), IsFailing: true),
                new("endpointslices", false, 0, 0, 0, 0, 0, null),
            ],
        });
        Assert.Contains("last heard from the API server: services 60s ago, nodes 2s ago (failing), endpointslices never", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trial_is_shown_with_its_end()
    {
        Assert.Contains(", on trial until 1970-01-01T00:10:00", Show([], snapshot => snapshot with { TrialUntil = DateTimeOffset.UnixEpoch.AddMinutes(10) }), StringComparison.Ordinal);
        Assert.DoesNotContain("on trial", Show([]), StringComparison.Ordinal);
    }

    [Fact]
    public void Contact_and_events_are_metrics()
    {
        var text = new PrometheusText();
        SnapshotMetrics.Write(text, new()
        {
            Resources = [new("nodes", true, 1, 1, 1, 5, 3, DateTimeOffset.UnixEpoch.AddMinutes(9), IsFailing: true)],
            Events = new(Written: 5, Dropped: 2, Refused: 1),
        }, DateTimeOffset.UnixEpoch.AddMinutes(10));
        foreach (var line in (string[])["netagent_watch_up{resource=\"nodes\"} 0", "netagent_watch_last_contact_age_seconds{resource=\"nodes\"} 60",
            "netagent_events_written_total 5", "netagent_events_dropped_total 2", "netagent_events_refused_total 1", "netagent_degraded 1"])
        {
            Assert.Contains(line + "\n", text.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_agent_that_cannot_follow_the_cluster_is_degraded() =>
        Assert.Contains("on node-1: DEGRADED", Show([], snapshot => snapshot with { IsCutOff = true }), StringComparison.Ordinal);

    [Theory]
    [InlineData("", "ApiServerUnreachable")]
    [InlineData("extra", "ApiServerUnreachable")]
    [InlineData("extra", "RowRefused")]
    public void The_wording_of_a_notice_degrades_nobody(string plugin, string reason) =>
        Assert.Contains("on node-1: ok",
            Show([], snapshot => snapshot with { Notices = [new(plugin, new(NetAgent.Contracts.Severity.Error, reason, "m"))] }), StringComparison.Ordinal);

    [Theory]
    [InlineData(true, "on node-1: STARTING")]
    [InlineData(false, "on node-1: ok")]
    public void While_a_required_plugin_is_at_its_first_plan_the_agent_is_starting_not_well(bool isRequired, string word) =>
        Assert.Contains(word, Show([], snapshot => snapshot with { Plugins = [new() { Name = "ipvs", IsRequired = isRequired, State = PluginState.Starting }] }), StringComparison.Ordinal);

    [Fact]
    public void No_table_is_wider_than_a_hundred_columns_whatever_it_holds()
    {
        var words = string.Concat(Enumerable.Repeat("words of some length, and/more/of:them ", 20));
        var shown = Show(
            [new("ipvs", "virtual servers", new string('Q', 130), "add", 22, words + "\nSECOND\u001b[2J", 3)],
            snapshot => snapshot with
            {
                Notices = [new("extra", new(NetAgent.Contracts.Severity.Warning, "AReasonThatIsALongWordIndeed", words + "\n" + words))],
                Plugins = [new() { Name = "a-plugin-with-a-long-name-as-people-give", State = PluginState.Refused, Reason = "ClaimConflict", LastError = words, Gate = "observe: the Node's label plugins.netagent.io/a-plugin says so" }],
            });

        Assert.DoesNotContain('\u001b', shown);
        Assert.All(shown.Split('\n'), line => Assert.InRange(line.Length, 0, 100));
        // Nothing is lost by it.
        Assert.Equal(130, shown.Count(c => c == 'Q'));
        Assert.Contains("SECOND", shown, StringComparison.Ordinal);
    }

    private static string Show(FailedRow[] failed, Func<AgentSnapshot, AgentSnapshot>? with = null)
    {
        var snapshot = new AgentSnapshot
        {
            NodeName = "node-1",
            IsClusterComplete = true,
            IsNodeKnown = true,
            Plugins = [new() { Name = "ipvs", IsRequired = true, State = PluginState.Running }, new() { Name = "extra", IsRequired = false, State = PluginState.Running }],
            Dataplane = new([], failed, [], [], 0, null, null),
        };
        snapshot = with?.Invoke(snapshot) ?? snapshot;
        using var json = JsonDocument.Parse(JsonBody.Text(writer => StatusJson.Write(writer, snapshot, DateTimeOffset.UnixEpoch.AddMinutes(10))));
        using var output = new StringWriter();
        StatusText.Write(json.RootElement, output);
        return output.ToString();
    }
}
