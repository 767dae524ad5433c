using System.Text;
using NetAgent.Dataplane.Files;
using NetAgent.Host.Configuration;

namespace NetAgent.Host.State;

/// <summary>
/// Remembers over restarts which plugins own kernel state here, so that one that was taken out of the configuration or gated off while
/// the agent was down is still cleaned up.
/// </summary>
internal sealed class PluginLedger
{
    private readonly string _path;
    private readonly SortedDictionary<string, OnDisable> _active = new(StringComparer.Ordinal);

    public PluginLedger(string stateDirectory)
    {
        _path = Path.Combine(stateDirectory, "plugins");
        if (!File.Exists(_path))
        {
            return;
        }
        foreach (var line in File.ReadLines(_path))
        {
            if (line.Split(' ') is [var name, var onDisable])
            {
                _active[name] = onDisable == "retain" ? OnDisable.Retain : OnDisable.Cleanup;
            }
        }
    }

    /// <summary>Why what is on disk is not up to date; null when it is.</summary>
    public string? Problem { get; private set; }

    public IReadOnlyDictionary<string, OnDisable> Active => _active;

    public void Add(string plugin, OnDisable onDisable)
    {
        if (!_active.TryGetValue(plugin, out var known) || known != onDisable)
        {
            _active[plugin] = onDisable;
            Write();
        }
    }

    public void Remove(string plugin)
    {
        if (_active.Remove(plugin))
        {
            Write();
        }
    }

    // A full disk must not keep a node from serving; the next change writes again.
    private void Write()
    {
        var text = string.Concat(_active.Select(plugin => $"{plugin.Key} {plugin.Value.ToString().ToLowerInvariant()}\n"));
        try
        {
            DurableFile.Write(_path, file => file.Write(Encoding.UTF8.GetBytes(text)));
            Problem = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problem = $"{_path} cannot be written: {e.Message}; a plugin taken out of the configuration while the agent is away is not"
                + " cleaned up after. Make room, or set stateDirectory";
        }
    }
}
