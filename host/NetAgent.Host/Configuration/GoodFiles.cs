using NetAgent.Contracts;

namespace NetAgent.Host.Configuration;

/// <summary>The last good content of each file of a configuration.</summary>
internal static class GoodFiles
{
    /// <summary>The configuration with what the bad ones of its files held when they last were good, as far as that is known.</summary>
    /// <param name="configuration">One that the plugin accepted.</param>
    /// <param name="bad">Paths of files in it that are bad by themselves.</param>
    /// <param name="before">The last one with good content, or null.</param>
    public static PluginConfiguration Of(PluginConfiguration configuration, EquatableArray<string> bad, PluginConfiguration? before)
    {
        if (bad.IsEmpty || before is null)
        {
            return configuration;
        }
        return configuration with
        {
            Files = [.. configuration.Files.Select(file =>
                bad.Contains(file.Path) ? before.Files.FirstOrDefault(old => old.Path == file.Path) ?? file : file)],
        };
    }
}
