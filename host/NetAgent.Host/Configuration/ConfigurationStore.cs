using NetAgent.Contracts;

namespace NetAgent.Host.Configuration;

/// <summary>
/// The configuration in force. A file that does not read leaves the last good one in place, with the reason; a configuration taken back
/// (<see cref="RollBack"/>) is not taken again until it changes. Used from the sync loop only.
/// </summary>
/// <param name="path">The agent's file; null for the standard configuration.</param>
/// <param name="readFile">Reads and parses a YAML or JSON file.</param>
/// <param name="overrides">Options of the command line, which win over the file.</param>
/// <param name="maps">Reads files that are keys of ConfigMaps; null where a command has no API server to ask.</param>
internal sealed class ConfigurationStore(
    string? path, Func<string, ConfigurationFile> readFile, Func<AgentConfiguration, AgentConfiguration> overrides, ConfigMapFiles? maps = null)
{
    private readonly FileStamps _stamps = new();
    private AgentSetup? _good;
    private string? _rolledBack;
    private bool _isNew;

    /// <summary>Null until a first one was accepted.</summary>
    public AgentSetup? Current { get; private set; }

    /// <summary>Problems of the last read.</summary>
    public IReadOnlyList<ConfigurationProblem> Problems { get; private set; } = [];

    /// <summary>Why the file as it is now is not in force; null when it is.</summary>
    public string? Rejection { get; private set; }

    /// <summary>The agent's own configuration comes from a ConfigMap that has not been read yet.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Files that are keys of ConfigMaps; null where there is no API server to ask.</summary>
    public ConfigMapFiles? Maps => maps;

    /// <summary>There is a configuration to go back to.</summary>
    public bool HasGood => _good is not null && _good != Current;

    public IReadOnlyList<string> WatchedFiles => [.. (path is null ? Array.Empty<string>() : [path]).Concat(Current?.Files ?? [])];

    /// <summary>Reads everything again. True when a new configuration came into force.</summary>
    public bool Reload()
    {
        var file = path is null ? StandardConfiguration.File : Read(path, overrides(new()).Cluster);
        IsPending = ConfigMapFiles.IsPending(file);
        if (IsPending && Current is not null)
        {
            return false;
        }
        if (file.Problem is not null || !file.Exists)
        {
            Problems = [new(true, file.Path, "", 0, file.Problem ?? "there is no such file")];
            Rejection = Problems[0].ToString();
            return false;
        }
        var folder = path is null || ConfigMapReference.Is(path) ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(path))!;
        var result = AgentConfigurationReader.Read(file.Root, file.Path, folder);
        Problems = result.Problems;
        if (result.Configuration is null)
        {
            Rejection = string.Join("; ", result.Errors);
            return false;
        }
        var agent = overrides(result.Configuration);
        var setup = AgentSetup.Read(agent, ConfigNodeText.Of(file.Root), name => Read(name, agent.Cluster), file.Path);
        if (setup.Digest == _rolledBack)
        {
            return false;
        }
        Problems = [.. result.Problems, .. UnreadSections.Find(setup)];
        Rejection = null;
        _rolledBack = null;
        if (setup.Digest == Current?.Digest)
        {
            return false;
        }
        Current = setup;
        _isNew = true;
        return true;
    }

    /// <summary>Reads again if a file changed; tells, once, that a new configuration came into force.</summary>
    public bool TakeNews()
    {
        if (_stamps.HaveChanged(WatchedFiles) | maps?.TakeNews() == true)
        {
            Reload();
        }
        var isNew = _isNew;
        _isNew = false;
        return isNew;
    }

    private ConfigurationFile Read(string name, ClusterSettings cluster) =>
        !ConfigMapReference.Is(name) ? readFile(name)
        : maps?.Read(name, cluster) ?? new(name, true, null, "this command reads files only; without --config it looks in /var/lib/netagent");

    /// <summary>The configuration in force has shown that it is good: it is what others are taken back to.</summary>
    public void Confirm() => _good = Current is { IsPending: true } ? _good : Current;

    /// <summary>Goes back to the last configuration that was confirmed. False when there is none but the one in force.</summary>
    public bool RollBack(string reason)
    {
        if (!HasGood)
        {
            return false;
        }
        _rolledBack = Current!.Digest;
        Rejection = $"configuration {Current.Digest} was taken back: {reason}; {_good!.Digest} is in force until the files change";
        Current = _good;
        return true;
    }
}
