using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Host.Cluster;

namespace NetAgent.Host.Tests.Fakes;

/// <summary>A cluster that the test changes.</summary>
internal sealed class FakeCluster : IClusterBackend
{
    private ClusterChange _pending = ClusterChange.All;

    public ClusterState State { get; private set; } = new() { Node = new() { Name = "node-1" } };

    public bool IsComplete { get; set; } = true;

    public bool IsLocal { get; set; }

    public UnreadObjects Unread { get; set; } = UnreadObjects.None;

    public IReadOnlyList<Notice> Notices { get; set; } = [];

    public bool IsCutOff { get; set; }

    public bool IsReadInPart { get; set; }

    /// <summary>Events, in order.</summary>
    public List<(bool IsWarning, string Reason, string Message)> Posted { get; } = [];

    public IReadOnlyList<ResourceStatus> Resources { get; set; } = [];

    public MetadataWish Wish { get; private set; } = MetadataWish.Standard;

    /// <summary>What has been read; all that is wanted unless a test says less.</summary>
    public MetadataWish? Read { get; set; }

    public void Want(MetadataWish wish) => Wish = wish;

    public bool HasRead(MetadataWish wish) => Read?.Covers(wish) ?? true;

    public event Action? Changed;

    public IEventSink Events => new Sink(Posted);

    public ClusterUpdate Take()
    {
        var change = _pending;
        _pending = new();
        return new(State, change) { Unread = Unread };
    }

    public void SetNode(Node? node)
    {
        State = State with { Node = node, Revision = State.Revision + 1 };
        _pending = _pending with { Node = true };
        Changed?.Invoke();
    }

    public void SetLabels(params Label[] labels) => SetNode(new() { Name = "node-1", Labels = labels.ToEquatableArray() });

    public void SetService(string name, params EndpointSlice[] slices)
    {
        var key = new NamespacedName("default", name);
        State = State with
        {
            Revision = State.Revision + 1,
            Services = State.Services.SetItem(key, new(new() { Name = key }, slices.ToEquatableArray())),
        };
        _pending = _pending with { Services = _pending.Services.Add(key) };
        Changed?.Invoke();
    }

    public void SetState(ClusterState state, ClusterChange change)
    {
        State = state;
        _pending = change;
        Changed?.Invoke();
    }

    public void RemoveService(string name)
    {
        var key = new NamespacedName("default", name);
        SetState(State with { Revision = State.Revision + 1, Services = State.Services.Remove(key) }, _pending with { Services = _pending.Services.Add(key) });
    }

    public List<NodeCondition> Conditions { get; } = [];

    public Task SetConditionAsync(NodeCondition condition, CancellationToken cancellationToken)
    {
        Conditions.Add(condition);
        return Task.CompletedTask;
    }

    /// <summary>What following it comes to.</summary>
    public Task Following { get; set; } = Task.CompletedTask;

    public Task RunAsync(CancellationToken cancellationToken) => Following;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Sink(List<(bool, string, string)> posted) : IEventSink
    {
        public long Dropped => 0;

        public long Refused => 0;

        public long Written => posted.Count;

        public void Post(bool isWarning, string reason, string message) => posted.Add((isWarning, reason, message));
    }
}
