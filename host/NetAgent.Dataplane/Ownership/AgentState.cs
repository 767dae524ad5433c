using NetAgent.Contracts;

namespace NetAgent.Dataplane.Ownership;

/// <summary>A sysctl that the agent changed.</summary>
/// <param name="Plugin">For whom.</param>
/// <param name="Previous">What it was.</param>
/// <param name="Written">What it was made; null while somebody else's value is left there: nothing to take back, yet not what was
/// first.</param>
/// <param name="Link">ifindex where it is an interface's own; 0 otherwise. Names change, and the value goes along.</param>
internal sealed record SavedSysctl(string Plugin, string Previous, string? Written, int Link = 0);

/// <summary>The IPVS timeouts that the agent changed, in seconds.</summary>
/// <param name="Plugin">For whom.</param>
/// <param name="Previous">What they were.</param>
/// <param name="Written">What they were made; 0 for one that was left alone.</param>
internal sealed record SavedTimeouts(string Plugin, IpvsTimeouts Previous, IpvsTimeouts Written);

/// <summary>
/// What must outlive the process so that its kernel state can be told from others' and taken back without the plugins: claims, earlier
/// values of sysctls and IPVS timeouts, files, virtual servers. All else is found by claims.
/// </summary>
internal sealed class AgentState
{
    private readonly Dictionary<string, PluginClaims> _plugins = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SavedSysctl> _sysctls = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<VirtualServerKey, string> _virtualServers = [];

    /// <summary>Something changed since it was last saved.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>What changed cannot be found again in the kernel: it must be saved before anything is written.</summary>
    public bool IsUrgent { get; private set; }

    public IReadOnlyDictionary<string, PluginClaims> Plugins => _plugins;

    public IReadOnlyDictionary<string, SavedSysctl> Sysctls => _sysctls;

    public SavedTimeouts? Timeouts { get; private set; }

    public IReadOnlyDictionary<string, string> Files => _files;

    public IReadOnlyDictionary<VirtualServerKey, string> VirtualServers => _virtualServers;

    public void SetPlugin(string plugin, PluginClaims claims)
    {
        if (!_plugins.TryGetValue(plugin, out var known) || !known.Equals(claims))
        {
            _plugins[plugin] = claims;
            IsChanged = IsUrgent = true;
        }
    }

    /// <summary>Drops all that is known of a plugin.</summary>
    public void Forget(string plugin)
    {
        IsChanged |= _plugins.Remove(plugin);
        RemoveOf(_sysctls, saved => saved.Plugin == plugin);
        RemoveOf(_files, owner => owner == plugin);
        RemoveOf(_virtualServers, owner => owner == plugin);
        if (Timeouts?.Plugin == plugin)
        {
            SetTimeouts(null);
        }
    }

    public string? OwnerOfSysctl(string path) => _sysctls.GetValueOrDefault(path) is { Written: not null } saved ? saved.Plugin : null;

    public void SetSysctl(string path, SavedSysctl saved)
    {
        if (_sysctls.GetValueOrDefault(path) != saved)
        {
            _sysctls[path] = saved;
            IsChanged = IsUrgent = true;
        }
    }

    public void RemoveSysctl(string path) => IsChanged |= _sysctls.Remove(path);

    /// <summary>Forgets values that a plugin left to others and may no longer write.</summary>
    public void ForgetYielded(string plugin, Func<string, bool> mayWrite)
    {
        foreach (var (path, saved) in _sysctls)
        {
            if (saved.Plugin == plugin && saved.Written is null && !mayWrite(path))
            {
                RemoveSysctl(path);
            }
        }
    }

    /// <summary>An interface renamed takes its values along; one that is gone has none.</summary>
    /// <param name="indexOf">ifindex of a name; 0 where there is none.</param>
    /// <param name="nameOf">Name of an ifindex; null where there is none.</param>
    public void FollowLinks(Func<string, int> indexOf, Func<int, string?> nameOf)
    {
        foreach (var (path, saved) in _sysctls.Where(s => s.Value.Link != 0).ToArray())
        {
            if (indexOf(LinkSysctl.LinkOf(path)!) == saved.Link)
            {
                continue;
            }
            RemoveSysctl(path);
            if (nameOf(saved.Link) is { } name)
            {
                SetSysctl(LinkSysctl.Of(path, name), saved);
            }
        }
    }

    /// <summary>Null when the kernel has the earlier values again.</summary>
    public void SetTimeouts(SavedTimeouts? saved)
    {
        if (Timeouts != saved)
        {
            IsChanged = true;
            IsUrgent |= saved is not null;
            Timeouts = saved;
        }
    }

    public string? OwnerOfFile(string path) => _files.GetValueOrDefault(path);

    public void SetFile(string path, string plugin)
    {
        if (_files.GetValueOrDefault(path) != plugin)
        {
            _files[path] = plugin;
            IsChanged = IsUrgent = true;
        }
    }

    public void RemoveFile(string path) => IsChanged |= _files.Remove(path);

    public string? OwnerOfVirtualServer(VirtualServerKey key) => _virtualServers.GetValueOrDefault(key);

    public void AddVirtualServer(VirtualServerKey key, string plugin)
    {
        if (_virtualServers.GetValueOrDefault(key) != plugin)
        {
            _virtualServers[key] = plugin;
            IsChanged = true;
        }
    }

    public void RemoveVirtualServer(VirtualServerKey key) => IsChanged |= _virtualServers.Remove(key);

    /// <summary>The state on disk is the current one.</summary>
    public void MarkSaved() => IsChanged = IsUrgent = false;

    private void RemoveOf<TKey, TValue>(Dictionary<TKey, TValue> entries, Func<TValue, bool> goes)
        where TKey : notnull
    {
        foreach (var (key, value) in entries)
        {
            if (goes(value))
            {
                IsChanged |= entries.Remove(key);
            }
        }
    }
}
