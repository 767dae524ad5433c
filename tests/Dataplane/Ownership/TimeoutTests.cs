using NetAgent.Contracts;
using NetAgent.Dataplane.Tests.Reconcile;

namespace NetAgent.Dataplane.Tests.Ownership;

/// <summary>The IPVS timeouts are values that were there before, as sysctls are.</summary>
public sealed class TimeoutTests
{
    private static readonly IpvsTimeouts _before = new(900, 120, 300);

    [Fact]
    public void Cleanup_in_a_new_process_puts_the_timeouts_of_before_the_first_start_back()
    {
        using var bench = Start(new(1000, 0, 0));
        bench.Restart(crash: true);
        Want(bench, new(2000, 0, 40));
        bench.Complete();
        Assert.Equal(new(2000, 120, 40), bench.Timeouts);

        var report = bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken);

        Assert.True(report.IsComplete, string.Join("; ", report.Failed));
        Assert.Equal(_before, bench.Timeouts);
        Assert.DoesNotContain("ipvsTimeouts", File.ReadAllText(bench.StateFile), StringComparison.Ordinal);
    }

    [Fact]
    public void The_timeouts_of_before_are_on_disk_before_they_are_written()
    {
        var onDisk = "";
        using var bench = Start(new(1000, 0, 0), b => onDisk = File.ReadAllText(b.StateFile));

        Assert.Matches("\"previous\": \\[\\s*900,\\s*120,\\s*300", onDisk);
    }

    [Fact]
    public void A_row_that_an_earlier_run_wanted_and_this_one_does_not_is_taken_back()
    {
        using var bench = Start(new(1000, 60, 0));
        bench.Restart();
        bench.Complete();

        Assert.Equal(_before, bench.Timeouts);
    }

    [Fact]
    public void A_timeout_that_somebody_changed_since_is_left_while_the_others_go_back()
    {
        using var bench = Start(new(1000, 60, 0));
        bench.Timeouts = new(7, 60, 8);
        bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken);

        Assert.Equal(new(7, 120, 8), bench.Timeouts);
    }

    [Fact]
    public void Timeouts_that_were_as_wanted_are_not_the_agents_and_stay()
    {
        using var bench = Start(new(900, 0, 0));
        bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken);

        Assert.Empty(bench.Kernel.Timeouts.Changes);
    }

    [Fact]
    public void After_a_reboot_the_kernel_has_its_own_again()
    {
        using var bench = Start(new(1000, 0, 0));
        bench.SetBootId("boot-2");
        bench.Timeouts = new(1000, 120, 300);
        bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken);

        Assert.Equal(new(1000, 120, 300), bench.Timeouts);
    }

    [Fact]
    public void A_refused_restoration_can_be_finished_later()
    {
        using var bench = Start(new(1000, 0, 0));
        var cleaner = bench.WithoutPlugins();
        bench.Kernel.Timeouts.AlsoRefuse = _ => 1;
        Assert.Equal("timeouts", Assert.Single(cleaner.Cleanup(new(), TestContext.Current.CancellationToken).Failed).Table);

        bench.Kernel.Timeouts.AlsoRefuse = _ => 0;
        Assert.True(bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken).IsComplete);
        Assert.Equal(_before, bench.Timeouts);
    }

    private static Bench Start(IpvsTimeouts wanted, Action<Bench>? onWrite = null)
    {
        var bench = new Bench { Timeouts = _before };
        bench.Kernel.Timeouts.AlsoRefuse = _ =>
        {
            onWrite?.Invoke(bench);
            return 0;
        };
        Want(bench, wanted);
        Assert.True(bench.Complete().IsComplete);
        return bench;
    }

    private static void Want(Bench bench, IpvsTimeouts wanted)
    {
        var rows = new RowSet();
        rows.IpvsTimeouts.Add(wanted);
        bench.Slice.Replace("timeouts", rows);
    }
}
