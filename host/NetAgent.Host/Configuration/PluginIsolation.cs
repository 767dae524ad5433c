namespace NetAgent.Host.Configuration;

/// <summary><c>isolation: process</c>: the plugin runs in a process of its own.</summary>
/// <param name="MemoryLimit">Bytes of managed memory that it may use (DOTNET_GCHeapHardLimit).</param>
internal sealed record PluginIsolation(long MemoryLimit)
{
    public const long StandardMemoryLimit = 256L << 20;

    /// <summary>Below it the runtime and the cluster's state do not fit.</summary>
    public const long LeastMemoryLimit = 32L << 20;

    public const long GreatestMemoryLimit = 64L << 30;
}
