using NetAgent.Cluster;
using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;
using NetAgent.Host.Timing;

namespace NetAgent.Host.Configuration;

/// <summary>
/// Files that are keys of ConfigMaps, read through the API. The connection is made with the first of them, by the cluster settings known
/// then: for the agent's own configuration those of the command line.
/// </summary>
internal sealed class ConfigMapFiles(Func<ClusterSettings, IConfigMaps> open) : IAsyncDisposable
{
    private const string NotRead = "has not been read from the API server yet";

    private readonly WakeSignal _news = new();
    private IConfigMaps? _maps;
    private int _isNews;

    /// <summary>Raised on any thread when one that was read became known or changed.</summary>
    public event Action? Changed;

    public IReadOnlyList<SourceProblem> Problems => _maps?.Problems ?? [];

    /// <summary>It will be known later; until then it is neither there nor absent.</summary>
    public static bool IsPending(ConfigurationFile file) => file.Problem == NotRead;

    /// <summary>Something changed since the last call.</summary>
    public bool TakeNews() => Interlocked.Exchange(ref _isNews, 0) != 0;

    /// <summary>Waits for news, or for the time to pass.</summary>
    public Task WaitAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) =>
        _news.WaitAsync(limit, time, cancellationToken);

    public ConfigurationFile Read(string path, ClusterSettings cluster)
    {
        if (!ConfigMapReference.TryParse(path, out var reference))
        {
            return new() { Path = path, Exists = true, Problem = $"write {ConfigMapReference.Scheme}NAMESPACE/NAME/KEY" };
        }
        if (cluster.Manifests is not null)
        {
            return new()
            {
                Path = path,
                Exists = true,
                Problem = "manifests stand in for the API server, so ConfigMaps cannot be read from it; name a file",
            };
        }
        if (_maps is null)
        {
            try
            {
                _maps = open(cluster);
            }
            catch (IOException unusable)
            {
                return new() { Path = path, Exists = true, Problem = unusable.Message };
            }
            _maps.Changed += Announce;
        }
        var (isKnown, text) = _maps.Read(reference.Name, reference.Key);
        if (!isKnown || text is null)
        {
            return new() { Path = path, Exists = !isKnown, Problem = isKnown ? null : NotRead };
        }
        var document = ConfigNodeReader.Read(text);
        return new() { Path = path, Exists = true, Root = document.Root, Problem = document.Problem };
    }

    /// <summary>Why a file that was read is not there: the ConfigMap is missing, or only its key; null for other files.</summary>
    public string? Absence(string path)
    {
        if (_maps is null || !ConfigMapReference.TryParse(path, out var reference))
        {
            return null;
        }
        return _maps.Read(reference.Name, reference.Key).Keys is not { } keys ? $"there is no ConfigMap {reference.Name}"
            : $"ConfigMap {reference.Name} has no key '{reference.Key}' under data; it has"
                + $" {(keys.Count == 0 ? "none" : string.Join(", ", keys))}";
    }

    public async ValueTask DisposeAsync()
    {
        if (_maps is not null)
        {
            _maps.Changed -= Announce;
            await _maps.DisposeAsync();
        }
        _news.Dispose();
    }

    private void Announce()
    {
        Interlocked.Exchange(ref _isNews, 1);
        _news.Set();
        Changed?.Invoke();
    }
}
