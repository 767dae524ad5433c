using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using NetAgent.Cluster.Objects;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Api;

/// <summary>Turns the objects of one resource into writes to the store, and keeps the problems of those that cannot be read.</summary>
internal sealed class StoreWriter(Resource resource, string nodeName, ClusterStore store)
{
    private readonly ObjectReader _reader = new();
    private readonly ObjectVersions _versions = new();
    private readonly ConcurrentDictionary<NamespacedName, IReadOnlyList<SourceProblem>> _badObjects = [];
    private readonly Dictionary<NamespacedName, BadObject> _unread = [];
    private Dictionary<NamespacedName, ulong>? _listed;
    private MetadataWish _listWish = MetadataWish.None;

    public int Count => _versions.Count;

    /// <summary>Called when <see cref="Problems"/> changed.</summary>
    public Action ProblemsChanged { get; init; } = () => { };

    /// <summary>resourceVersion of the last object read.</summary>
    public string? LastVersion { get; private set; }

    public IEnumerable<SourceProblem> Problems => _badObjects.Values.SelectMany(problems => problems);

    /// <summary>Cancelled when more is wanted of objects than was kept: a new list is due.</summary>
    public CancellationToken Outgrown => resource.Kind is ObjectKind.Service or ObjectKind.EndpointSlice ? store.Outgrown : CancellationToken.None;

    public void BeginList() => (_listed, _listWish) = ([], store.Wish);

    public void AddListed(ReadOnlySequence<byte> json)
    {
        var (name, version, value) = Read(json);
        if (name.Name.Length > 0)
        {
            // Taken down at once: should this list break off, the next one has to find what it left.
            _listed![name] = _versions.Set(name, version);
            Put(name, value);
        }
    }

    /// <summary>The list is whole: what it does not hold is gone.</summary>
    public void EndList()
    {
        var gone = _versions.Replace(_listed!);
        _listed = null;
        foreach (var name in _badObjects.Keys.Where(n => !_versions.Contains(n)))
        {
            SetProblems(name, []);
            SetUnread(null, name);
        }
        store.Write(writer =>
        {
            foreach (var name in gone)
            {
                Remove(writer, name);
            }
            if (resource.Kind is ObjectKind.Service or ObjectKind.EndpointSlice)
            {
                writer.SetRead(resource.Kind, _listWish);
            }
        });
    }

    public void PutEvent(ReadOnlySequence<byte> json)
    {
        var (name, version, value) = Read(json);
        if (name.Name.Length > 0 && _versions.TryPut(name, version))
        {
            Put(name, value);
        }
    }

    public void DeleteEvent(ReadOnlySequence<byte> json)
    {
        var metadata = ReadMetadata(json);
        var name = NameOf(metadata);
        LastVersion = metadata.ResourceVersion;
        if (name.Name.Length > 0 && _versions.TryDelete(name, metadata.ResourceVersion))
        {
            _listed?.Remove(name);
            SetProblems(name, []);
            SetUnread(null, name);
            store.Write(writer => Remove(writer, name));
        }
    }

    /// <summary>metadata of an object, however bad the rest is.</summary>
    public ObjectMetadata ReadMetadata(ReadOnlySequence<byte> json) => _reader.ReadMetadata(json);

    private (NamespacedName Name, string? Version, object? Value) Read(ReadOnlySequence<byte> json)
    {
        _reader.Wish = store.Wish;
        var read = _reader.Read(resource.Kind, json, resource.Name);
        var (value, metadata, problem) = read;
        if (problem is { Field: "" } && metadata.Name is null)
        {
            // Not even JSON: the stream is to blame, not an object.
            throw new JsonException(problem.Message);
        }
        var name = NameOf(metadata);
        LastVersion = metadata.ResourceVersion;
        SetProblems(name, problem is null ? read.LeftOut : [problem with { Reason = ProblemReason.ObjectRefused }]);
        SetUnread(problem is null && !read.CostsRows ? null : BadObject.Of(resource.Kind, name, metadata), name);
        if (value is not null && read.Parts.Count > 0)
        {
            store.Write(writer => value = LastGood.Under(value, writer.Find(resource.Kind, name), read.Parts));
        }
        return (name, metadata.ResourceVersion, problem is null ? value ?? Nothing : null);
    }

    private void SetProblems(NamespacedName name, IReadOnlyList<SourceProblem> problems)
    {
        if (problems.Count > 0)
        {
            _badObjects[name] = problems;
        }
        else if (!_badObjects.TryRemove(name, out _))
        {
            return;
        }
        ProblemsChanged();
    }

    private void SetUnread(BadObject? bad, NamespacedName name)
    {
        if (bad is null && !_unread.ContainsKey(name))
        {
            return;
        }
        store.Write(writer =>
        {
            if (bad is not { } unread)
            {
                _unread.Remove(name);
            }
            else if (writer.Find(resource.Kind, name) is null)
            {
                _unread[name] = unread;
            }
            writer.SetUnread(resource.Name, UnreadObjects.Of([], _unread.Values));
        });
    }

    // An object that is good and that nobody needs: whatever it was before goes.
    private static readonly object Nothing = new();

    private void Put(NamespacedName name, object? value)
    {
        // A bad object's last good version stays.
        if (value is not null)
        {
            store.Write(writer => Put(writer, name, value));
        }
    }

    private void Put(ClusterStore.Writer writer, NamespacedName name, object value)
    {
        switch (value)
        {
            case Service service:
                writer.Put(service);
                break;
            case EndpointSlice slice:
                writer.Put(slice);
                break;
            case Node node when node.Name == nodeName:
                writer.SetNode(node);
                break;
            case ConfigMap map:
                writer.Put(map);
                break;
            default:
                Remove(writer, name);
                break;
        }
    }

    private void Remove(ClusterStore.Writer writer, NamespacedName name)
    {
        switch (resource.Kind)
        {
            case ObjectKind.Service:
                writer.RemoveService(name);
                break;
            case ObjectKind.EndpointSlice:
                writer.RemoveSlice(name);
                break;
            case ObjectKind.ConfigMap:
                writer.RemoveConfigMap(name);
                break;
            case ObjectKind.Node when name.Name == nodeName:
                writer.SetNode(null);
                break;
        }
    }

    private NamespacedName NameOf(ObjectMetadata metadata) =>
        new(resource.Kind == ObjectKind.Node ? "" : metadata.Namespace is { Length: > 0 } space ? space : "default", metadata.Name ?? "");
}
