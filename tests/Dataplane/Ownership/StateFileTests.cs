using NetAgent.Contracts;
using NetAgent.Dataplane.Tests.Reconcile;

namespace NetAgent.Dataplane.Tests.Ownership;

public sealed class StateFileTests
{
    private const string Path = "net/ipv4/ip_forward";

    [Fact]
    public void An_earlier_sysctl_value_is_on_disk_before_the_sysctl_is_written()
    {
        using var bench = new Bench();
        bench.Kernel.Sysctls.Set(new(Path, "0"));
        var onDisk = "";
        bench.Kernel.Sysctls.AlsoRefuse = _ =>
        {
            onDisk = File.ReadAllText(bench.StateFile);
            return 0;
        };
        Want(bench, "1");
        bench.Complete();

        Assert.Contains("\"previous\": \"0\"", onDisk, StringComparison.Ordinal);
    }

    [Fact]
    public void An_earlier_sysctl_value_survives_restarts_and_changes_of_mind()
    {
        using var bench = new Bench();
        bench.Kernel.Sysctls.Set(new(Path, "0"));
        Want(bench, "1");
        bench.Complete();
        bench.Restart(crash: true);
        Want(bench, "2");
        bench.Complete();
        bench.Restart(crash: true);

        bench.Complete();

        Assert.Equal("0", bench.Kernel.Sysctls.Rows[Path].Value);
    }

    [Fact]
    public void A_value_that_somebody_changed_since_is_not_put_back()
    {
        using var bench = new Bench();
        bench.Kernel.Sysctls.Set(new(Path, "0"));
        Want(bench, "1");
        bench.Complete();
        bench.Kernel.Sysctls.Set(new(Path, "7"));

        bench.Slice.Remove("sysctl");
        bench.Sync();

        Assert.Equal("7", bench.Kernel.Sysctls.Rows[Path].Value);
    }

    [Fact]
    public void After_a_reboot_earlier_values_are_forgotten_for_the_kernel_has_its_own_again()
    {
        using var bench = new Bench();
        bench.Kernel.Sysctls.Set(new(Path, "0"));
        Want(bench, "1");
        bench.Complete();
        bench.SetBootId("boot-2");
        bench.Kernel.Sysctls.Set(new(Path, "1"));

        bench.Restart();
        bench.Complete();

        Assert.Equal("1", bench.Kernel.Sysctls.Rows[Path].Value);
        Assert.DoesNotContain("previous", File.ReadAllText(bench.StateFile), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ not json")]
    [InlineData("""{"version": 99}""")]
    [InlineData("""{"version": 1, "plugins": {"ipvs": {"claims": {"chains": ["one-word"]}}}}""")]
    public void An_unreadable_file_is_set_aside_reported_and_no_reason_to_stop(string text)
    {
        using var bench = new Bench();
        bench.Dataplane.Dispose();
        Directory.CreateDirectory(bench.Options.StateDirectory);
        File.WriteAllText(bench.StateFile, text);

        bench.Restart();

        Assert.Equal(text, File.ReadAllText(bench.StateFile + ".bad"));
        Assert.Contains("set aside", bench.Dataplane.Status.Notices.Single(n => n.Notice.Reason == "StateFile").Notice.Message, StringComparison.Ordinal);
        Assert.True(bench.Complete().IsComplete);
    }

    [Fact]
    public void Virtual_servers_are_written_at_most_every_ten_seconds()
    {
        using var bench = new Bench();
        bench.Slice.Replace("a", Sample.Service("10.96.0.1", []));
        bench.Complete();
        bench.Slice.Replace("b", Sample.Service("10.96.0.2", []));
        bench.Sync();
        Assert.DoesNotContain("10.96.0.2", File.ReadAllText(bench.StateFile), StringComparison.Ordinal);

        bench.Clock.Turn(TimeSpan.FromSeconds(10));
        Assert.True(bench.Dataplane.Events.TryRead(out _));
        bench.Sync();
        Assert.Contains("\"10.96.0.2:80/TCP\"", File.ReadAllText(bench.StateFile), StringComparison.Ordinal);
    }

    [Fact]
    public void All_claims_come_back_as_they_were()
    {
        using var bench = new Bench();
        var claims = Bench.Claims with { VirtualServerExclusions = [InetPrefix.Parse("fd00::/64")] };
        bench.Dataplane.OpenSlice("ipvs", claims);
        bench.Slice.Replace("six", Sample.Service("fd00::1", []));
        bench.Complete();

        var file = NetAgent.Dataplane.Ownership.StateFile.Open(bench.Options);
        bench.WithoutPlugins();
        file = NetAgent.Dataplane.Ownership.StateFile.Open(bench.Options);

        Assert.Equal(claims, file.State.Plugins["ipvs"]);
        Assert.Equal("ipvs", file.State.OwnerOfVirtualServer(Sample.Key("fd00::1")));
    }

    private static void Want(Bench bench, string value)
    {
        var rows = new RowSet();
        rows.Sysctls.Add(new(Path, value));
        bench.Slice.Replace("sysctl", rows);
    }
}
