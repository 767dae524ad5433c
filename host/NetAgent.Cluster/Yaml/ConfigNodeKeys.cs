using NetAgent.Contracts;

namespace NetAgent.Cluster.Yaml;

/// <summary>Values of a mapping by key, as every reader of a file here takes them.</summary>
internal static class ConfigNodeKeys
{
    /// <summary>The value of a key, the last where it stands twice; null where the node is no mapping or lacks it.</summary>
    public static ConfigNode? Find(this ConfigNode? node, string key) => node?.Entries.LastOrDefault(entry => entry.Key == key)?.Value;
}
