using NetAgent.Cluster;
using NetAgent.Contracts;

namespace NetAgent.Host.Tests.Fakes;

/// <summary>ConfigMaps that the test fills.</summary>
internal sealed class FakeConfigMaps : IConfigMaps
{
    private readonly Dictionary<string, string> _texts = [];
    private readonly HashSet<string> _known = [];

    public event Action? Changed;

    public IReadOnlyList<SourceProblem> Problems { get; set; } = [];

    public ConfigMapText Read(NamespacedName name, string key) =>
        new(_known.Contains(name.ToString()), _texts.GetValueOrDefault($"{name}/{key}"))
        {
            Keys = _texts.Keys.Where(text => text.StartsWith($"{name}/", StringComparison.Ordinal)).Select(text => text[($"{name}".Length + 1)..]).ToArray() is { Length: > 0 } keys ? keys : null,
        };

    /// <summary>The ConfigMap was listed; null takes the key, or the whole of it, away.</summary>
    public void Set(string name, string key, string? text)
    {
        _known.Add(name);
        _texts.Remove($"{name}/{key}");
        if (text is not null)
        {
            _texts.Add($"{name}/{key}", text);
        }
        Changed?.Invoke();
    }

    /// <summary>As before it was listed.</summary>
    public void Forget(string name)
    {
        _known.Remove(name);
        Changed?.Invoke();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
