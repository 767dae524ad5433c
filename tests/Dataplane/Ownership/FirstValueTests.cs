using NetAgent.Contracts;
using NetAgent.Dataplane.Tests.Reconcile;

namespace NetAgent.Dataplane.Tests.Ownership;

/// <summary>What a sysctl was before the agent first wrote it is what cleanup brings back, whatever others wrote there meanwhile.</summary>
public sealed class FirstValueTests
{
    private const string Path = "net/ipv4/vs/conntrack";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_value_left_to_another_writer_for_a_while_is_not_taken_for_the_first(bool isRestarted)
    {
        using var bench = new Bench();
        bench.Kernel.Sysctls.Set(new(Path, "30"));
        Want(bench, "45");
        bench.Complete();
        // The other writer's third change: the plugin leaves it alone.
        bench.Kernel.Sysctls.Set(new(Path, "34"));
        Want(bench, null);
        bench.Sync(verify: true);
        Assert.Equal("34", bench.Kernel.Sysctls.Rows[Path].Value);
        bench.Sync(verify: true);

        if (isRestarted)
        {
            bench.Restart();
        }
        Want(bench, "45");
        bench.Complete();
        Assert.Equal("45", bench.Kernel.Sysctls.Rows[Path].Value);

        bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken);
        Assert.Equal("30", bench.Kernel.Sysctls.Rows[Path].Value);
    }

    [Fact]
    public void While_it_is_left_to_another_writer_cleanup_leaves_it_too_and_nothing_is_kept()
    {
        using var bench = new Bench();
        bench.Kernel.Sysctls.Set(new(Path, "30"));
        Want(bench, "45");
        bench.Complete();
        bench.Kernel.Sysctls.Set(new(Path, "34"));
        Want(bench, null);
        Assert.Equal(0, bench.Sync(verify: true).Drifted);
        Assert.Equal(0, bench.Sync(verify: true).Changes);

        bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken);
        Assert.Equal("34", bench.Kernel.Sysctls.Rows[Path].Value);
        Assert.DoesNotContain("conntrack", File.ReadAllText(bench.StateFile), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_longer_claimed_begins_anew()
    {
        using var bench = new Bench();
        bench.Kernel.Sysctls.Set(new(Path, "30"));
        Want(bench, "45");
        bench.Complete();
        bench.Kernel.Sysctls.Set(new(Path, "34"));
        Want(bench, null);
        bench.Sync(verify: true);
        bench.Dataplane.OpenSlice("ipvs", Bench.Claims with { Sysctls = ["net/ipv4/ip_forward"] });
        bench.Complete();
        bench.Dataplane.OpenSlice("ipvs", Bench.Claims);
        Want(bench, "45");
        bench.Complete();

        bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken);
        Assert.Equal("34", bench.Kernel.Sysctls.Rows[Path].Value);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_interface_renamed_meanwhile_gets_its_first_value_back_under_its_new_name(bool isRestarted)
    {
        const string before = "net/ipv4/conf/eth0/arp_ignore", after = "net/ipv4/conf/lan0/arp_ignore";
        var claims = Bench.Claims with { Sysctls = ["net/ipv4/conf/*/arp_ignore"] };
        using var bench = new Bench();
        bench.Dataplane.OpenSlice("ipvs", claims);
        bench.Kernel.Interfaces["eth0"] = 7;
        bench.Kernel.Sysctls.Set(new(before, "0"));
        Want(bench, "1", before);
        bench.Complete();
        Assert.Equal("1", bench.Kernel.Sysctls.Rows[before].Value);

        if (isRestarted)
        {
            bench.Restart();
            bench.Dataplane.OpenSlice("ipvs", claims);
        }
        bench.Kernel.Interfaces.Remove("eth0");
        bench.Kernel.Interfaces["lan0"] = 7;
        bench.Kernel.Sysctls.RemoveWhere(row => row.Path == before);
        bench.Kernel.Sysctls.Set(new(after, "1"));
        Want(bench, "1", after);
        bench.Complete();

        bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken);
        Assert.Equal("0", bench.Kernel.Sysctls.Rows[after].Value);
    }

    [Fact]
    public void A_new_interface_of_an_old_name_has_values_of_its_own()
    {
        const string path = "net/ipv4/conf/eth0/arp_ignore";
        using var bench = new Bench();
        bench.Dataplane.OpenSlice("ipvs", Bench.Claims with { Sysctls = ["net/ipv4/conf/*/arp_ignore"] });
        bench.Kernel.Interfaces["eth0"] = 7;
        bench.Kernel.Sysctls.Set(new(path, "0"));
        Want(bench, "1", path);
        bench.Complete();

        bench.Kernel.Interfaces["eth0"] = 8;
        bench.Kernel.Sysctls.Set(new(path, "2"));
        bench.Sync(verify: true);
        Assert.Equal("1", bench.Kernel.Sysctls.Rows[path].Value);

        bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken);
        Assert.Equal("2", bench.Kernel.Sysctls.Rows[path].Value);
    }

    private static void Want(Bench bench, string? value, string path = Path)
    {
        var rows = new RowSet();
        if (value is not null)
        {
            rows.Sysctls.Add(new(path, value));
        }
        bench.Slice.Replace("first", rows);
    }
}
