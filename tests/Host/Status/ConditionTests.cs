using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Status;

public sealed class ConditionTests : IDisposable
{
    private static readonly AgentSnapshot Well = new()
    {
        IsClusterComplete = true,
        IsNodeKnown = true,
        LastReport = new SyncReport(0, 0, 0, 0, [], 0, [], TimeSpan.Zero),
    };

    private readonly ManualTime _time = new();
    private readonly TestLog _log = new();
    private readonly List<NodeCondition> _written = [];
    private readonly ConditionKeeper _keeper;
    private AgentSnapshot _agent = new();
    private bool _isRefused;

    public ConditionTests() => _keeper = new(() => _agent, Write, _time, _log);

    public void Dispose() => _keeper.Dispose();

    private Task Write(NodeCondition condition, CancellationToken cancellationToken)
    {
        if (_isRefused)
        {
            throw new InvalidOperationException("condition NetAgentReady of Node node-1 was not written: forbidden");
        }
        _written.Add(condition);
        return Task.CompletedTask;
    }

    private Task Look(TimeSpan later)
    {
        _time.Advance(later);
        return _keeper.LookAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task It_is_written_when_it_changes_and_every_five_minutes_and_its_transition_only_when_it_turns()
    {
        await Look(TimeSpan.FromSeconds(1));
        Assert.Empty(_written); // just started
        _agent = Well;
        await Look(TimeSpan.FromSeconds(1));
        await Look(TimeSpan.FromSeconds(1));
        Assert.Equal(new NodeCondition("NetAgentReady", true, "Programmed", "the kernel holds what the cluster wants", _time.GetUtcNow() - TimeSpan.FromSeconds(1)), Assert.Single(_written));
        await Look(TimeSpan.FromMinutes(5));
        Assert.Null(_written[1].ChangedAt);
        _agent = Well with { IsNodeGone = true, Notices = [new("", new(Severity.Warning, "NodeDeleted", "no Node"))] };
        await Look(TimeSpan.FromSeconds(1));
        Assert.Equal(new NodeCondition("NetAgentReady", false, "NodeDeleted", "no Node", _time.GetUtcNow()), _written[2]);
    }

    [Fact]
    public async Task An_agent_that_cannot_read_the_cluster_says_so_after_a_while()
    {
        await Look(TimeSpan.FromSeconds(31));
        Assert.False(Assert.Single(_written).IsTrue);
    }

    [Fact]
    public async Task An_agent_that_is_stopped_leaves_Unknown_behind_and_nothing_where_it_had_written_nothing()
    {
        await _keeper.StopAsync();
        Assert.Empty(_written);
        _agent = Well;
        await Look(TimeSpan.FromSeconds(1));
        await _keeper.StopAsync();
        Assert.Equal(new NodeCondition("NetAgentReady", null, "Stopped", "the agent was stopped; the kernel keeps what is programmed", _time.GetUtcNow()), _written[^1]);
        _isRefused = true;
        await _keeper.StopAsync();
        Assert.Contains(_log.Lines, line => line.Contains("stays as it was last written", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_is_away_holds_up_a_stop_for_two_seconds_at_most()
    {
        var isAway = false;
        using var keeper = new ConditionKeeper(() => Well, (_, stop) => isAway ? Task.Delay(Timeout.Infinite, stop) : Task.CompletedTask, _time, _log);
        _time.Advance(TimeSpan.FromSeconds(1));
        await keeper.LookAsync(TestContext.Current.CancellationToken);
        isAway = true;
        var stopping = keeper.StopAsync();
        Assert.False(stopping.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(2));
        await stopping.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Contains(_log.Lines, line => line.Contains("did not take it within 2 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_right_is_logged_once_and_tried_again()
    {
        _isRefused = true;
        _agent = Well;
        await Look(TimeSpan.FromSeconds(1));
        await Look(TimeSpan.FromSeconds(31));
        Assert.Single(_log.Lines, line => line.Contains("nodes/status", StringComparison.Ordinal) && line.Contains("Warning", StringComparison.Ordinal));
        _isRefused = false;
        await Look(TimeSpan.FromSeconds(31));
        Assert.Single(_written);
    }
}
