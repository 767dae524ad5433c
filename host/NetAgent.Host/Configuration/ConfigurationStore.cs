using NetAgent.Contracts;

namespace NetAgent.Host.Configuration;

/// <summary>
/// The configuration in force. A file that does not read leaves the last good one in place, with the reason; a configuration taken back
/// (<see cref="RollBack"/>) is not taken again until it changes, not by a restarted agent either. Used from the sync loop only.
/// </summary>
/// <param name="path">The agent's file; null for the standard configuration.</param>
/// <param name="readFile">Reads and parses a YAML or JSON file.</param>
/// <param name="overrides">Options of the command line, which win over the file.</param>
/// <param name="maps">Reads files that are keys of ConfigMaps; null where a command has no API server to ask.</param>
/// <param name="trials">Keeps what was confirmed over restarts; null where a command only looks.</param>
internal sealed class ConfigurationStore(
    string? path, Func<string, ConfigurationFile> readFile, Func<AgentConfiguration, AgentConfiguration> overrides,
    ConfigMapFiles? maps = null,
    ConfigurationTrials? trials = null)
{
    private readonly ConfigurationTrials _trials = trials ?? new(isKept: false);
    private readonly FileStamps _stamps = new();
    private bool _isNew;

    /// <summary>What stands for the state directory that is configured; a command that only looks works in a copy.</summary>
    public Func<string, string> StateDirectory { private get; init; } = static configured => configured;

    /// <summary>Null until a first one was accepted.</summary>
    public AgentSetup? Current { get; private set; }

    /// <summary>Problems of the last read.</summary>
    public IReadOnlyList<ConfigurationProblem> Problems { get; private set; } = [];

    /// <summary>Why the file as it is now is not in force; null when it is.</summary>
    public string? Refusal { get; private set; }

    /// <summary>The agent's own configuration comes from a ConfigMap that has not been read yet.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Files that are keys of ConfigMaps; null where there is no API server to ask.</summary>
    public ConfigMapFiles? Maps => maps;

    /// <summary>Why what a restarted agent must know could not be kept or read; null when it could.</summary>
    public string? RecordProblem => _trials.Problem;

    public IReadOnlyList<string> WatchedFiles => [.. (path is null ? Array.Empty<string>() : [path]).Concat(Current?.Files ?? [])];

    /// <summary>Reads everything again. True when a new configuration came into force.</summary>
    public bool Reload()
    {
        var file = path is null ? StandardConfiguration.File : Read(path, overrides(new()).Cluster);
        IsPending = ConfigMapFiles.IsPending(file);
        var folder = path is null || ConfigMapReference.Is(path)
            ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(path))!;
        if ((IsPending && Current is not null) || Parse(file, folder) is not { } agent)
        {
            // The plugins' files are followed all the same, under the agent's own as it last was.
            return Current is { } inForce
                && Take(AgentSetup.Read(inForce.Agent, inForce.Source.Agent, inForce.Source.Folder, name =>
                ReadAll(name, inForce.Agent.Cluster)), out _);
        }
        var setup = AgentSetup.Read(agent, file, folder, name => ReadAll(name, agent.Cluster));
        if (Current is null)
        {
            _trials.Open(agent.StateDirectory, overrides);
        }
        var isTaken = Take(setup, out var refusal);
        Refusal = refusal;
        Problems = refusal is null ? [.. Problems, .. UnreadSections.Find(setup)] : Problems;
        return isTaken;
    }

    // Null, with the reason, when the file is none.
    private AgentConfiguration? Parse(ConfigurationFile file, string folder)
    {
        if (file.Problem is not null || !file.Exists)
        {
            Problems = [new()
            {
                Severity = Severity.Error,
                Source = file.Path,
                Path = "",
                Message = file.Problem ?? maps?.Absence(file.Path) ?? "there is no such file",
            }];
            Refusal = Problems[0].ToString();
            return null;
        }
        var result = AgentConfigurationReader.Read(file.Root, file.Path, folder);
        Problems = result.Problems;
        Refusal = result.Configuration is null ? string.Join("; ", result.Errors) : Refusal;
        if (result.Configuration is null)
        {
            return null;
        }
        var agent = overrides(result.Configuration);
        return agent with { StateDirectory = StateDirectory(agent.StateDirectory) };
    }

    // True when another one is in force than before. The refusal is null for one that is taken, or is in force already.
    private bool Take(AgentSetup setup, out string? refusal)
    {
        var next = _trials.EvaluateTrial(setup, isFirst: Current is null, out refusal);
        if (next is null || next.Digest == Current?.Digest)
        {
            return false;
        }
        Current = next;
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

    private ConfigurationFile[] ReadAll(string name, ClusterSettings cluster) => ConfigFolder.Is(name)
        ? [.. ConfigFolder.Files(name).Select(file => Read(file, cluster) with { Folder = name })]
        : [Read(name, cluster)];

    private ConfigurationFile Read(string name, ClusterSettings cluster) =>
        !ConfigMapReference.Is(name) ? readFile(name)
        : maps?.Read(name, cluster) ?? new()
        {
            Path = name,
            Exists = true,
            Problem = "this command reads files only; without --config it looks in /var/lib/netagent",
        };

    /// <summary>The configuration in force was not before: how long it is on trial; zero for not at all.</summary>
    public TimeSpan BeginTrial()
    {
        var within = _trials.CanReplace(Current!) ? Current!.Agent.ConfirmWithin : TimeSpan.Zero;
        _trials.Begin(within > TimeSpan.Zero ? Current : null);
        return within;
    }

    /// <summary>The agent ends in good order, which says nothing against the configuration on trial.</summary>
    public void EndTrial() => _trials.Begin(null);

    /// <summary>The configuration in force has shown that it is good: it is what others are taken back to.</summary>
    public void Confirm() => _trials.Confirm(Current!);

    /// <summary>Goes back to the last configuration that was confirmed. False when there is none but the one in force.</summary>
    public bool RollBack(string reason)
    {
        if (_trials.Refuse(Current!, reason, out var refusal) is not { } good)
        {
            return false;
        }
        Refusal = refusal;
        Current = good;
        return true;
    }
}
