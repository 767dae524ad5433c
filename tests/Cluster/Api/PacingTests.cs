using NetAgent.Cluster.Api;
using NetAgent.Cluster.Api.Events;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Tests.Api;

public sealed class PacingTests
{
    [Fact]
    public void Waits_double_up_to_the_longest_with_full_jitter_and_begin_anew_after_a_success()
    {
        var pace = new ServerPace(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), new Random(1));
        var longest = new double[8];
        for (var round = 0; round < 500; round++)
        {
            pace.Succeeded();
            for (var i = 0; i < longest.Length; i++)
            {
                var wait = pace.Failed(null).TotalSeconds;
                Assert.InRange(wait, 0, Math.Min(10, 1 << i));
                longest[i] = Math.Max(longest[i], wait);
            }
        }
        Assert.All(longest.Select((l, i) => (l, i)), x => Assert.True(x.l > 0.9 * Math.Min(10, 1 << x.i)));
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(60, 60)]
    [InlineData(3600, 60)]
    [InlineData(int.MaxValue, 60)]
    public void What_the_server_asks_for_is_kept_up_to_a_minute(int asked, int least) =>
        Assert.InRange(new ServerPace(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), new Random(1)).Failed(TimeSpan.FromSeconds(asked)).TotalSeconds, least, least * 1.1);

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
    public void A_reason_that_storms_does_not_use_up_what_another_needs_and_all_together_are_bounded()
    {
        var budgets = new EventBudgets(new Clock());
        Assert.Equal(25, Enumerable.Range(0, 60).Count(_ => budgets.TryTake("SourceProblem")));
        Assert.True(budgets.TryTake("Conflict"));
        // 48 more have a budget each, and whatever else there is shares one.
        Assert.Equal(48 + 25, Enumerable.Range(0, 1000).Count(i => budgets.TryTake($"Reason{i}")));
        var others = new EventBudgets(new Clock());
        Assert.Equal(100, Enumerable.Range(0, 1000).Count(i => others.TryTake($"Reason{i % 50}")));
    }

    [Fact]
    public void Many_events_of_a_reason_are_three_and_then_one_with_a_number_and_an_example()
    {
        var clock = new Clock();
        var gathering = new EventGathering(clock);
        EventPost Post(string reason, string message) => new(true, reason, message, clock.GetUtcNow());
        Assert.Equal(["0", "1", "2"], Enumerable.Range(0, 40).Where(i => gathering.Passes(Post("ObjectRefused", $"{i}"))).Select(i => $"{i}"));
        Assert.True(gathering.Passes(Post("Conflict", "another matter")));
        // What was written before is a repeat of it.
        Assert.True(gathering.Passes(Post("ObjectRefused", "1")));
        Assert.Empty(gathering.TakeDue());
        clock.Now += TimeSpan.FromSeconds(5);
        Assert.Equal(clock.GetUtcNow(), gathering.NextDue);
        Assert.Equal("37 more like this, e.g. 3", Assert.Single(gathering.TakeDue()).Message);
        Assert.Null(gathering.NextDue);

        // A storm that goes on is said more rarely; one that comes back much later is told anew.
        Assert.False(gathering.Passes(Post("ObjectRefused", "41")));
        clock.Now += TimeSpan.FromSeconds(5);
        Assert.Empty(gathering.TakeDue());
        clock.Now += TimeSpan.FromSeconds(5);
        Assert.Equal("41", Assert.Single(gathering.TakeDue()).Message);
        clock.Now += TimeSpan.FromMinutes(11);
        Assert.True(gathering.Passes(Post("ObjectRefused", "42")));
    }

    [Fact]
    public async Task An_outage_is_one_problem_and_the_first_that_gets_through_calls_the_others()
    {
        var clock = new Clock();
        var contact = new ServerContact(new("https://192.0.2.1:6443"), clock);
        var said = 0;
        contact.Changed += () => said++;
        string[] resources = ["services", "endpointslices", "nodes"];
        void Fail(string because) => Array.ForEach(resources, r => contact.Failed(new(r, "", "", because) { Reason = ProblemReason.ApiServerUnreachable }, isCertain: false));
        Array.ForEach(resources, contact.Join);
        Fail("reset");
        Assert.Empty(contact.Problems);
        clock.Now += TimeSpan.FromSeconds(4);
        Fail("connection refused");
        Fail("another reason");
        Assert.Equal("API server https://192.0.2.1:6443/: connection refused; what is programmed stays, changes wait until this is over", Assert.Single(contact.Problems).ToString());
        Assert.Equal(1, said);

        var back = contact.Back;
        Assert.False(back.IsCompleted);
        contact.Answered("nodes");
        await back.WaitAsync(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        Assert.Empty(contact.Problems);
        Assert.Equal(2, said);

        // One alone is another matter than a server that is away, and only when it lasts.
        clock.Now += TimeSpan.FromSeconds(20);
        contact.Failed(new("services", "", "", "stuck"), isCertain: false);
        Assert.Empty(contact.Problems);
        clock.Now += TimeSpan.FromSeconds(11);
        contact.Failed(new("services", "", "", "stuck"), isCertain: false);
        Assert.Equal("services: stuck", Assert.Single(contact.Problems).ToString());
    }

    [Fact]
    public void What_no_second_try_can_mend_is_said_at_once()
    {
        var contact = new ServerContact(new("https://192.0.2.1:6443"), new Clock());
        contact.Join("services");
        contact.Failed(new("services", "", "", "certificate"), isCertain: true);
        Assert.Single(contact.Problems);
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
