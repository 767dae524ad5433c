using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests.Contract;

/// <summary>A dataplane over a kernel of which tests see the sysctls, every one of them "0" at first.</summary>
internal interface IDataplaneBench : IDisposable
{
    IDataplane Dataplane { get; }

    string? Read(string path);

    void Write(string path, string value);

    /// <summary>The agent ends and starts again over the same kernel and state folder.</summary>
    void Restart();
}

/// <summary>
/// What <see cref="IDataplane"/> promises the host. The real one, over the kernel in memory and over the real kernel, and the one that the
/// host's tests use run it alike: what the host's tests rest on is what the dataplane does.
/// </summary>
public abstract class DataplaneContract
{
    internal const string First = "net/ipv4/conf/lo/arp_ignore";
    internal const string Second = "net/ipv4/conf/lo/arp_announce";
    private const string Plugin = "tuner";

    private static readonly PluginClaims _claims = new() { Sysctls = [First, Second] };

    private protected abstract void On(Action<IDataplaneBench> test);

    [Fact]
    public void What_a_plugin_wants_is_in_the_kernel_after_a_sync_and_the_next_one_changes_nothing() => On(bench =>
    {
        Want(bench, First, "1");

        Assert.Equal(1, Sync(bench).Changes);
        Assert.Equal("1", bench.Read(First));
        Assert.Equal(0, Sync(bench, verify: true).Changes);
    });

    [Fact]
    public void A_plan_writes_nothing_and_names_what_the_next_sync_writes() => On(bench =>
    {
        Want(bench, First, "1");

        var planned = Assert.Single(bench.Dataplane.Plan().Changes);
        Assert.Equal("0", bench.Read(First));
        Assert.Equal((Plugin, First, "1", PlannedCourse.Written), (planned.Plugin, planned.Key, planned.After, planned.Course));
        Assert.Equal(1, Sync(bench).Changes);
        Assert.Empty(bench.Dataplane.Plan().Changes);
    });

    [Fact]
    public void A_row_that_its_plugin_drops_leaves_and_the_earlier_value_is_back() => On(bench =>
    {
        var slice = Want(bench, First, "1");
        Sync(bench);

        slice.Remove("a");

        Assert.Equal(1, Sync(bench).Changes);
        Assert.Equal("0", bench.Read(First));
    });

    [Fact]
    public void Nothing_found_in_the_kernel_is_removed_before_its_plugin_has_said_all_it_wants() => On(bench =>
    {
        Want(bench, First, "1");
        Sync(bench);
        bench.Restart();
        Sync(bench, verify: true);
        Assert.Equal("1", bench.Read(First));

        bench.Dataplane.OpenSlice(Plugin, _claims);
        Sync(bench, verify: true);
        Assert.Equal("1", bench.Read(First));

        bench.Dataplane.MarkComplete(Plugin);
        Sync(bench);
        Assert.Equal("0", bench.Read(First));
    });

    [Fact]
    public void An_observing_plugin_is_planned_and_not_written_until_it_may() => On(bench =>
    {
        Want(bench, First, "1");
        bench.Dataplane.SetObserveOnly(Plugin, true);

        Assert.Equal(PlannedCourse.Observed, Assert.Single(bench.Dataplane.Plan().Changes).Course);
        Assert.Equal(0, Sync(bench).Changes);
        Assert.Equal("0", bench.Read(First));

        bench.Dataplane.SetObserveOnly(Plugin, false);
        Assert.Equal(1, Sync(bench).Changes);
        Assert.Equal("1", bench.Read(First));
    });

    [Theory]
    [InlineData(true, "1")]
    [InlineData(false, "0")]
    public void A_closed_slice_leaves_its_state_or_takes_it_along(bool retain, string value) => On(bench =>
    {
        Want(bench, First, "1");
        Sync(bench);

        bench.Dataplane.CloseSlice(Plugin, retain);
        Sync(bench);

        Assert.Equal(value, bench.Read(First));
        Assert.Throws<ArgumentException>(() => bench.Dataplane.MarkComplete(Plugin));
    });

    [Fact]
    public void A_slice_opened_again_has_its_rows_still() => On(bench =>
    {
        Want(bench, First, "1");
        Sync(bench);

        Assert.Equal(["a"], bench.Dataplane.OpenSlice(Plugin, _claims).Scopes);

        Assert.Equal(0, Sync(bench, verify: true).Changes);
    });

    [Fact]
    public void What_somebody_else_changed_is_put_right_by_a_verification() => On(bench =>
    {
        Want(bench, First, "1");
        Sync(bench);
        bench.Write(First, "2");

        Assert.Equal(1, Sync(bench, verify: true).Changes);
        Assert.Equal("1", bench.Read(First));
    });

    [Fact]
    public void Two_plugins_cannot_claim_the_same() => On(bench =>
    {
        bench.Dataplane.OpenSlice(Plugin, _claims);
        var refused = Assert.Throws<ClaimConflictException>(() => bench.Dataplane.OpenSlice("other", new PluginClaims { Sysctls = [Second] }));
        Assert.Contains(Plugin, refused.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_plugin_without_a_slice_can_neither_be_complete_nor_observe_nor_close() => On(bench =>
    {
        Assert.Throws<ArgumentException>(() => bench.Dataplane.MarkComplete("nobody"));
        Assert.Throws<ArgumentException>(() => bench.Dataplane.SetObserveOnly("nobody", true));
        Assert.Throws<ArgumentException>(() => bench.Dataplane.CloseSlice("nobody", retain: true));
    });

    [Fact]
    public void A_row_outside_the_claims_is_refused_and_the_scope_stays_as_it_was() => On(bench =>
    {
        var slice = Want(bench, First, "1");
        Assert.Throws<ClaimViolationException>(() => slice.Replace("a", Row("net/ipv4/conf/lo/rp_filter", "1")));
        Sync(bench);
        Assert.Equal("1", bench.Read(First));
    });

    [Fact]
    public void Cleaning_up_takes_back_what_is_on_record_without_any_plugin() => On(bench =>
    {
        Want(bench, First, "1");
        Sync(bench);
        bench.Restart();

        bench.Dataplane.Cleanup(new(), TestContext.Current.CancellationToken);

        Assert.Equal("0", bench.Read(First));
    });

    private static ISlice Want(IDataplaneBench bench, string path, string value)
    {
        var slice = bench.Dataplane.OpenSlice(Plugin, _claims);
        slice.Replace("a", Row(path, value));
        bench.Dataplane.MarkComplete(Plugin);
        return slice;
    }

    private static RowSet Row(string path, string value)
    {
        var rows = new RowSet();
        rows.Sysctls.Add(new(path, value));
        return rows;
    }

    private static SyncReport Sync(IDataplaneBench bench, bool verify = false)
    {
        var report = bench.Dataplane.Sync(verify, TestContext.Current.CancellationToken);
        Assert.True(report.IsComplete, string.Join("; ", report.Failed) + string.Join("; ", report.ReadFailures));
        return report;
    }
}
