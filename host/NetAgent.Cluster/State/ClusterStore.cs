using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using NetAgent.Cluster.Objects;
using NetAgent.Cluster.State;
using NetAgent.Contracts;

namespace NetAgent.Cluster;

/// <summary>
/// Where a source writes and the sync loop reads. Writes are cheap and gather; a <see cref="Take"/> folds what gathered into one new
/// revision of the immutable state. Thread-safe; readers keep their own last revision.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A source of cancellation without a timer and without a wait handle holds nothing to dispose of.")]
public sealed class ClusterStore
{
    private readonly Lock _lock = new();
    private readonly ServiceIndex _index = new();
    private readonly ChangeLog _log;
    private readonly HashSet<NamespacedName> _dirty = [];
    private ImmutableDictionary<NamespacedName, ConfigMap> _configMaps = ImmutableDictionary<NamespacedName, ConfigMap>.Empty;
    private ImmutableSortedDictionary<string, UnreadObjects> _unread = ImmutableSortedDictionary<string, UnreadObjects>.Empty;
    private EquatableArray<ForeignAddress> _otherNodes;
    private Node? _node;
    private bool _isComplete;
    private bool _otherwiseChanged;
    private ClusterState _state = ClusterState.Empty;
    private volatile MetadataWish _wish = MetadataWish.Standard;
    private MetadataWish _readServices = MetadataWish.None;
    private MetadataWish _readSlices = MetadataWish.None;
    private CancellationTokenSource _outgrown = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>An empty store.</summary>
    public ClusterStore()
        : this(ChangeLog.DefaultKeptRemovals)
    {
    }

    internal ClusterStore(int keptRemovals) => _log = new(keptRemovals);

    /// <summary>Every kind of object was listed in full once.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_lock)
            {
                return _isComplete;
            }
        }
    }

    /// <summary>The state now, with everything that changed since a revision; 0 for a reader that has seen nothing.</summary>
    public ClusterSnapshot Take(long sinceRevision)
    {
        lock (_lock)
        {
            Fold();
            return new(_state, _log.Since(sinceRevision), _isComplete, _configMaps)
            {
                Kept = _readServices.And(_readSlices),
                OtherNodes = _otherNodes,
                Unread = _unread.Values.Aggregate(UnreadObjects.None, (all, part) => all.And(part)),
            };
        }
    }

    /// <summary>What changed since a revision that an earlier <see cref="Take"/> returned, up to the revision of the latest one.</summary>
    public ClusterChange ChangesSince(long revision)
    {
        lock (_lock)
        {
            return _log.Since(revision);
        }
    }

    /// <summary>Ends when there is something a <see cref="Take"/> by a reader at this revision would show, or at once when there is already.</summary>
    /// <exception cref="OperationCanceledException">Cancelled first.</exception>
    public Task WaitAsync(long seenRevision, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _dirty.Count > 0 || _otherwiseChanged || _state.Revision > seenRevision
                ? Task.CompletedTask
                : _changed.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Labels and annotations to keep of what is read from now on.</summary>
    public MetadataWish Wish => _wish;

    /// <summary>Cancelled when more is wanted than <see cref="Wish"/> now says: what was read must be read again.</summary>
    internal CancellationToken Outgrown
    {
        get
        {
            lock (_lock)
            {
                return _outgrown.Token;
            }
        }
    }

    /// <summary>Keeps these labels and annotations from now on. What is no longer wanted goes at once; for what is new the source reads anew.</summary>
    public void Want(MetadataWish wish)
    {
        CancellationTokenSource? outgrown = null;
        lock (_lock)
        {
            if (wish == _wish)
            {
                return;
            }
            if (!_wish.Covers(wish))
            {
                (outgrown, _outgrown) = (_outgrown, new());
            }
            (_readServices, _readSlices) = (_readServices.And(wish), _readSlices.And(wish));
            _wish = wish;
            _index.Narrow(wish, _dirty);
            if (_dirty.Count > 0)
            {
                Signal();
            }
        }
        // Not under the lock: whoever waits for it may read the store at once.
        outgrown?.Cancel();
        outgrown?.Dispose();
    }

    /// <summary>Ends when every kind of object was listed in full once.</summary>
    /// <exception cref="OperationCanceledException">Cancelled first.</exception>
    internal async Task UntilCompleteAsync(CancellationToken cancellationToken)
    {
        while (!IsComplete)
        {
            Task changed;
            lock (_lock)
            {
                changed = _changed.Task;
            }
            await Task.WhenAny(changed, Task.Delay(TimeSpan.FromSeconds(1), cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    internal int TrackedServices
    {
        get
        {
            lock (_lock)
            {
                return _index.EntryCount;
            }
        }
    }

    /// <summary>Writes under the lock; readers see all of it or nothing.</summary>
    internal void Write(Action<Writer> write)
    {
        lock (_lock)
        {
            write(new(this));
            if (_dirty.Count > 0 || _otherwiseChanged)
            {
                Signal();
            }
        }
    }

    private void Signal()
    {
        if (!_changed.Task.IsCompleted)
        {
            _changed.SetResult();
        }
    }

    private void Fold()
    {
        if (_dirty.Count == 0 && !_otherwiseChanged)
        {
            return;
        }
        _changed = _changed.Task.IsCompleted ? new(TaskCreationOptions.RunContinuationsAsynchronously) : _changed;
        var revision = _state.Revision + 1;
        var services = _dirty.Count > 0 ? FoldServices(revision) : _state.Services;
        var nodeChanged = !Equals(_node, _state.Node);
        if (nodeChanged)
        {
            _log.RecordNode(revision);
        }
        if (nodeChanged || _otherwiseChanged || !ReferenceEquals(services, _state.Services))
        {
            _state = new() { Revision = revision, Node = _node, Services = services };
        }
        _otherwiseChanged = false;
        _dirty.Clear();
    }

    private ImmutableDictionary<NamespacedName, ServiceEndpoints> FoldServices(long revision)
    {
        var services = _state.Services.ToBuilder();
        foreach (var name in _dirty)
        {
            var now = _index.Find(name);
            var before = services.GetValueOrDefault(name);
            // Changed and changed back, or a slice whose Service is not there (yet).
            if (Equals(now, before))
            {
                continue;
            }
            if (now is null)
            {
                services.Remove(name);
            }
            else
            {
                services[name] = now;
            }
            _log.Record(name, revision, removed: now is null);
        }
        return services.ToImmutable();
    }

    /// <summary>The writing side, valid only during <see cref="Write"/>.</summary>
    internal readonly struct Writer(ClusterStore store)
    {
        public IEnumerable<NamespacedName> Services => store._index.Services;

        public IEnumerable<NamespacedName> Slices => store._index.Slices;

        /// <summary>The version of it that could be read last; null when there is none.</summary>
        public object? Find(ObjectKind kind, NamespacedName name) => kind switch
        {
            ObjectKind.Service => store._index.FindService(name),
            ObjectKind.EndpointSlice => store._index.FindSlice(name),
            _ => null,
        };

        public void SetOtherNodes(IEnumerable<Node> nodes)
        {
            var addresses = nodes.SelectMany(node => node.Addresses.Select(address => new ForeignAddress
            {
                Address = address,
                Owner = $"Node {node.Name}",
                Loss = "its kubelet, and the API server where that runs there",
            })).OrderBy(foreign => foreign.Address).ToEquatableArray();
            store._otherwiseChanged |= addresses != store._otherNodes;
            store._otherNodes = addresses;
        }

        /// <summary>Says what one of those who write could not read.</summary>
        public void SetUnread(string part, UnreadObjects unread)
        {
            store._otherwiseChanged |= unread != store._unread.GetValueOrDefault(part, UnreadObjects.None);
            store._unread = store._unread.SetItem(part, unread);
        }

        public void Put(Service service)
        {
            if (store._index.Put(service))
            {
                store._dirty.Add(service.Name);
            }
        }

        public void RemoveService(NamespacedName name)
        {
            if (store._index.RemoveService(name))
            {
                store._dirty.Add(name);
            }
        }

        public void Put(EndpointSlice slice) => store._index.Put(slice, store._dirty);

        public void RemoveSlice(NamespacedName name) => store._index.RemoveSlice(name, store._dirty);

        public void SetNode(Node? node)
        {
            store._otherwiseChanged |= !Equals(node, store._node);
            store._node = node;
        }

        public void Put(ConfigMap map)
        {
            store._otherwiseChanged |= !map.Equals(store._configMaps.GetValueOrDefault(map.Name));
            store._configMaps = store._configMaps.SetItem(map.Name, map);
        }

        public void RemoveConfigMap(NamespacedName name)
        {
            store._otherwiseChanged |= store._configMaps.ContainsKey(name);
            store._configMaps = store._configMaps.Remove(name);
        }

        /// <summary>Every Service, or every EndpointSlice, has been read with this wish.</summary>
        public void SetRead(ObjectKind kind, MetadataWish wish)
        {
            ref var read = ref kind == ObjectKind.Service ? ref store._readServices : ref store._readSlices;
            // A plugin may be waiting for no more than this.
            store._otherwiseChanged |= !read.Covers(wish);
            read = wish.And(store._wish);
        }

        public void SetComplete()
        {
            store._otherwiseChanged |= !store._isComplete;
            store._isComplete = true;
        }
    }
}
