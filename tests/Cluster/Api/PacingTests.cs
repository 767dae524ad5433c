using NetAgent.Cluster.Api;
using NetAgent.Cluster.Api.Events;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Tests.Api;

public sealed class PacingTests
{
    [Fact]
    public void Waits_double_up_to_the_longest_with_full_jitter_and_begin_anew_after_a_success()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), new Random(1));
        var longest = new double[8];
        for (var round = 0; round < 500; round++)
        {
            backoff.Succeeded();
            for (var i = 0; i < longest.Length; i++)
            {
                var wait = backoff.Failed(null).TotalSeconds;
                Assert.InRange(wait, 0, Math.Min(10, 1 << i));
                longest[i] = Math.Max(longest[i], wait);
            }
        }
        Assert.All(longest.Select((l, i) => (l, i)), x => Assert.True(x.l > 0.9 * Math.Min(10, 1 << x.i)));
    }

    [Fact]
    public void What_the_server_asks_for_is_never_cut_short() =>
        Assert.InRange(new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), new Random(1)).Failed(TimeSpan.FromSeconds(60)).TotalSeconds, 60, 66);

    [Fact]
    public void Events_have_a_burst_and_then_one_every_so_often()
    {
        var clock = new Clock();
        var budget = new EventBudget(3, TimeSpan.FromMinutes(5), clock);
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => budget.TryTake()));
        clock.Now += TimeSpan.FromMinutes(5.1);
        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(_ => budget.TryTake()));
        clock.Now += TimeSpan.FromDays(1);
        Assert.Equal(3, Enumerable.Range(0, 10).Count(_ => budget.TryTake()));
        budget.GiveBack();
        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(_ => budget.TryTake()));
    }

    [Fact]
    public void Versions_go_forward_only_and_a_new_list_is_the_truth()
    {
        var versions = new ObjectVersions();
        NamespacedName a = new("x", "a"), b = new("x", "b");
        Assert.True(versions.TryPut(a, "5"));
        Assert.False(versions.TryPut(a, "5"));
        Assert.False(versions.TryPut(a, "4"));
        Assert.True(versions.TryPut(a, "not a number"));
        Assert.True(versions.TryPut(b, "9"));
        Assert.False(versions.TryDelete(b, "8"));
        Assert.True(versions.TryDelete(b, "10"));
        Assert.False(versions.TryPut(b, "9"));
        Assert.True(versions.TryPut(b, "11"));
        Assert.Equal([b], versions.Replace(new() { [a] = 2 }));
        Assert.True(versions.TryPut(b, "3"));
    }
}
