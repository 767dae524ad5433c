using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NetAgent.Cluster.Api;
using NetAgent.Cluster.Api.Access;
using NetAgent.Contracts;

namespace NetAgent.Cluster;

/// <summary>What is known of one key of a ConfigMap.</summary>
/// <param name="IsKnown">False until the ConfigMap was listed once: then nothing may be taken for absent.</param>
/// <param name="Text">Null when the ConfigMap or the key does not exist.</param>
public readonly record struct ConfigMapText(bool IsKnown, string? Text)
{
    /// <summary>The keys that the ConfigMap has under data; null when there is no such ConfigMap.</summary>
    public IReadOnlyCollection<string>? Keys { get; init; }
}

/// <summary>Single ConfigMaps, as configuration that comes through the API.</summary>
public interface IConfigMaps : IAsyncDisposable
{
    /// <summary>Raised on any thread when a ConfigMap that was asked for became known or changed.</summary>
    event Action? Changed;

    /// <summary>What is wrong with following them, sorted.</summary>
    IReadOnlyList<SourceProblem> Problems { get; }

    /// <summary>What is known of a key; the first question starts following the ConfigMap.</summary>
    ConfigMapText Read(NamespacedName name, string key);
}

/// <summary>Follows single ConfigMaps at the API server; while it is away, what was known stays.</summary>
public sealed class ConfigMaps : IConfigMaps
{
    private readonly ConcurrentDictionary<NamespacedName, Followed> _followed = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ApiServerOptions _options;
    private readonly ILogger _logger;
    private readonly ApiClient _client;
    private readonly ServerContact _contact;

    /// <summary>Reads the kubeconfig or service account; connects with the first question.</summary>
    /// <exception cref="InvalidOperationException">They cannot be used; the message names file and key.</exception>
    public ConfigMaps(ApiServerOptions options, ILogger? logger = null)
    {
        _options = options;
        _logger = logger ?? NullLogger.Instance;
        _client = ApiServerSource.Connect(options);
        _contact = new(_client.Server, options.Time) { WhyUnserved = () => ServiceAddress.WhyUnserved(_client.Server, options) };
    }

    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    public IReadOnlyList<SourceProblem> Problems =>
        [.. _contact.Problems.Concat(_followed.Values.SelectMany(map => map.Problems)).OrderBy(p => p.ToString(), StringComparer.Ordinal)];

    /// <inheritdoc/>
    public ConfigMapText Read(NamespacedName name, string key) => _followed.GetOrAdd(name, Follow).Read(key);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var map in _followed.Values)
        {
            await map.Following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _client.Dispose();
        _stop.Dispose();
    }

    // Two that ask at once may start it twice; the one not kept is only a second watch of one small object.
    private Followed Follow(NamespacedName name)
    {
        var store = new ClusterStore();
        var resource = Resource.ConfigMap(name);
        var writer = new StoreWriter(resource, _options.NodeName, store);
        var reflector = new Reflector(resource, _client, writer, _options, _contact, _logger)
        {
            OnSynced = () => store.Write(write => write.SetComplete()),
        };
        return new(name, store, writer, reflector, Task.WhenAll(reflector.RunAsync(_stop.Token), AnnounceAsync(store)));
    }

    private async Task AnnounceAsync(ClusterStore store)
    {
        var seen = 0L;
        while (!_stop.IsCancellationRequested)
        {
            await store.WaitAsync(seen, _stop.Token);
            seen = store.Take(seen).State.Revision;
            Changed?.Invoke();
        }
    }

    private sealed record Followed(NamespacedName Name, ClusterStore Store, StoreWriter Writer, Reflector Reflector, Task Following)
    {
        public IEnumerable<SourceProblem> Problems => (Reflector.Problem is { } problem ? new[] { problem } : []).Concat(Writer.Problems);

        public ConfigMapText Read(string key)
        {
            var snapshot = Store.Take(0);
            var texts = snapshot.ConfigMaps.GetValueOrDefault(Name)?.Texts;
            return new(snapshot.IsComplete, texts?.GetValueOrDefault(key)) { Keys = texts is null ? null : [.. texts.Keys] };
        }
    }
}
