using NetAgent.Cluster.Manifests;
using NetAgent.Cluster.Objects;
using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Cluster;

/// <summary>
/// Follows Kubernetes manifests: YAML or JSON, several documents a file, Lists; the same files that <c>kubectl apply -f PATH</c> takes.
/// What is wrong is reported and the rest goes in; a file that breaks keeps its last good objects; one that goes takes its objects along.
/// </summary>
/// <param name="path">A file or a folder.</param>
/// <param name="nodeName">This node's name; other Nodes are passed over.</param>
/// <param name="readFile">Reads a file's bytes; an <see cref="IOException"/> for what is no regular file or too large (<see cref="FileLimit"/>).</param>
/// <param name="time">The clock.</param>
public sealed class ManifestSource(string path, string nodeName, Func<string, byte[]> readFile, TimeProvider? time = null) : IClusterSource
{
    /// <summary>Bytes that a file of manifests may have: much, for somebody may write a whole cluster to one.</summary>
    public const long FileLimit = 256 << 20;

    // A poll beside inotify: network file systems and some container mounts send no events.
    private static readonly TimeSpan PollPeriod = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(50);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ObjectReader _reader = new();
    private readonly Dictionary<string, ((long, long) Stamp, string Text, ManifestFile File)> _files = new(StringComparer.Ordinal);
    private readonly HalfSaved _halfSaved = new(time ?? TimeProvider.System);
    private HashSet<(ObjectKind, NamespacedName)> _applied = [];
    private volatile IReadOnlyList<SourceProblem> _problems = [];
    private IReadOnlyList<string> _misnamed = [];
    private bool _isStaying;
    private MetadataWish _wish = MetadataWish.None;

    /// <inheritdoc/>
    public ClusterStore Store { get; } = new();

    /// <inheritdoc/>
    public string Description => $"manifests in {path}";

    /// <inheritdoc/>
    public IReadOnlyList<SourceProblem> Problems => _problems;

    /// <summary>Objects of kinds that nobody needs, passed over in the last reading.</summary>
    public int IgnoredObjects { get; private set; }

    /// <summary>How often the folder was looked at.</summary>
    internal int Looks { get; private set; }

    /// <summary>
    /// Reads all files once and brings the store up to date; for <c>--once</c>, and before <see cref="RunAsync"/> if the first state is
    /// wanted at once. Not to be called while RunAsync runs.
    /// </summary>
    public void ReadOnce() => Refresh(ChangedNames.All);

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var changes = new FolderWatch(path);
        Refresh(ChangedNames.All);
        while (!cancellationToken.IsCancellationRequested)
        {
            using var outgrown = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Store.Outgrown);
            if (!_isStaying && !_wish.Covers(Store.Wish))
            {
                await outgrown.CancelAsync();
            }
            var changed = await changes.WaitAsync(_halfSaved.IsEmpty ? PollPeriod : HalfSaved.LookAgain, Settle, _time, outgrown.Token);
            if (!cancellationToken.IsCancellationRequested)
            {
                Refresh(changed);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Refresh(ChangedNames names)
    {
        Look(names);
        Looks++;
    }

    private void Look(ChangedNames names)
    {
        IReadOnlyList<string>? found;
        IReadOnlyList<string> misnamed;
        try
        {
            found = ManifestFolder.Find(path);
            misnamed = ManifestFolder.Misnamed(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Stay($"cannot be listed, so the last good state stays: {e.Message}");
            return;
        }
        if (found is null)
        {
            Stay("there is no such file or folder" + (_files.Count > 0 ? "; the last good state stays" : ""));
            return;
        }
        if (found.Count == 0 && _files.Count > 0)
        {
            Stay("holds no manifests any more; what they held stays in force. To take everything back, leave the Node's manifest or run 'netagent cleanup'");
            return;
        }
        // What was not kept stands in the files alone.
        var readAgain = !_wish.Covers(Store.Wish);
        _reader.Wish = _wish = Store.Wish;
        var changed = !Store.IsComplete || _isStaying || readAgain || !misnamed.SequenceEqual(_misnamed);
        (_isStaying, _misnamed) = (false, misnamed);
        foreach (var gone in _files.Keys.Except(found).Where(file => !_halfSaved.IsYoung(file)).ToArray())
        {
            _halfSaved.Over(gone);
            changed |= _files.Remove(gone);
        }
        foreach (var file in found)
        {
            changed |= ReadFile(file, trustStamps: !names.Concern(file), readAgain);
        }
        if (changed)
        {
            Apply();
        }
    }

    private void Stay(string problem)
    {
        _problems = [new(path, "", "", problem)];
        _isStaying = true;
    }

    private bool ReadFile(string file, bool trustStamps, bool readAgain)
    {
        var known = _files.TryGetValue(file, out var before);
        (long, long) stamp = default;
        string? text;
        string? problem;
        try
        {
            stamp = ManifestFolder.Stamp(file);
            if (known && trustStamps && !readAgain && stamp == before.Stamp)
            {
                _halfSaved.Over(file);
                return false;
            }
            (text, _, problem) = ConfigNodeReader.ReadText(file, readFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            (text, problem) = (null, $"cannot be read: {e.Message}");
        }
        if (known && !readAgain && text is not null && text == before.Text)
        {
            _halfSaved.Over(file);
            _files[file] = before with { Stamp = stamp };
            return false;
        }
        var content = text is null ? ManifestFile.Unreadable(file, problem ?? "vanished while it was read")
            : ManifestFile.Read(file, text, _reader) is var read && read.IsBlank && !known
                ? ManifestFile.Unreadable(file, $"{(text.AsSpan().Trim().IsEmpty ? "is empty" : "holds no object")}; delete it if nothing is to stand in it")
            : read;
        if (known && before.File.Problems.Count == 0 && content.IsDoubtful && _halfSaved.IsYoung(file))
        {
            return false;
        }
        _halfSaved.Over(file);
        _files[file] = (stamp, text ?? "", content.OverLastGood(known ? before.File : null));
        return true;
    }

    private void Apply()
    {
        var problems = new List<SourceProblem>();
        var objects = new Dictionary<(ObjectKind Kind, NamespacedName Name), ManifestObject>();
        var ignored = 0;
        foreach (var (_, content) in _files.Select(file => (file.Key, file.Value.File)).OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            problems.AddRange(content.Problems);
            ignored += content.Ignored;
            foreach (var item in content.Objects)
            {
                if (objects.TryGetValue((item.Kind, item.Name), out var earlier))
                {
                    problems.Add(new($"{item.Where}, {item.Kind} {item.Name}", "", "", $"stands also in {earlier.Where}; this one counts")
                    {
                        Reason = ProblemReason.ObjectTwice,
                    });
                }
                objects[(item.Kind, item.Name)] = item;
            }
        }
        var node = objects.Values.FirstOrDefault(o => o.Value is Node n && n.Name == nodeName)?.Value as Node;
        problems.AddRange(_misnamed.Select(folder => new SourceProblem(folder, "", "", "is a folder, of which nothing is read; manifests stand in files")));
        if (node is null && Files.All(file => file.BadObjects.All(bad => bad.Kind != ObjectKind.Node || bad.Name.Name != nodeName)))
        {
            problems.Add(new(path, "", "", WhyNoNode(objects.Values)));
        }
        // First: whoever is woken by the state looks at the problems, too.
        _problems = problems;
        Store.Write(writer =>
        {
            Write(writer, objects, node);
            writer.SetOtherNodes(objects.Values.Select(item => item.Value).OfType<Node>().Where(other => other.Name != nodeName));
            writer.SetUnread("manifests", Unread(objects.Keys));
        });
        _applied = [.. objects.Keys];
        IgnoredObjects = ignored;
    }

    private string WhyNoNode(IEnumerable<ManifestObject> objects)
    {
        if (_files.Count == 0)
        {
            return "is empty: it holds no .yaml, .yml or .json file";
        }
        var others = objects.Where(item => item.Kind == ObjectKind.Node).Select(item => item.Name.Name).Order(StringComparer.Ordinal).ToArray();
        var named = others.Length == 0 ? "" : NearestName.Of(nodeName, others) is { } near ? $"; is '{near}' this one (--node-name)?"
            : $"; it holds {string.Join(", ", others.Take(3))}{(others.Length > 3 ? $" and {others.Length - 3} more" : "")} (--node-name)";
        return $"holds no Node named '{nodeName}'{named}; what depends on this node waits for it";
    }

    private IEnumerable<ManifestFile> Files => _files.Values.Select(file => file.File);

    // What another file holds in a good version is not unread: that one counts.
    private UnreadObjects Unread(IReadOnlyCollection<(ObjectKind, NamespacedName)> read) => UnreadObjects.Of(
        _files.Count == 0 ? [path] : _files.Where(file => file.Value.File.IsUnread).Select(file => file.Key).Concat(_misnamed),
        Files.SelectMany(file => file.UnreadObjects).Where(bad => !read.Contains((bad.Kind, bad.Name))).Concat(Files.SelectMany(file => file.PartlyRead)));

    private void Write(ClusterStore.Writer writer, Dictionary<(ObjectKind Kind, NamespacedName Name), ManifestObject> objects, Node? node)
    {
        foreach (var (kind, name) in _applied)
        {
            if (objects.TryGetValue((kind, name), out var still) && still.Value is not null)
            {
                continue;
            }
            switch (kind)
            {
                case ObjectKind.Service: writer.RemoveService(name); break;
                case ObjectKind.EndpointSlice: writer.RemoveSlice(name); break;
                case ObjectKind.ConfigMap: writer.RemoveConfigMap(name); break;
            }
        }
        foreach (var item in objects.Values)
        {
            switch (item.Value)
            {
                case Service service: writer.Put(service); break;
                case EndpointSlice slice: writer.Put(slice); break;
                case ConfigMap map: writer.Put(map); break;
            }
        }
        writer.SetNode(node);
        writer.SetRead(ObjectKind.Service, _wish);
        writer.SetRead(ObjectKind.EndpointSlice, _wish);
        writer.SetComplete();
    }
}
