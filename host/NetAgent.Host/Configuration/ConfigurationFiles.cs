using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;
using NetAgent.Dataplane.Files;

namespace NetAgent.Host.Configuration;

/// <summary>Reads configuration files from disk. The loop does it, so what is no regular file must not hold it up.</summary>
internal static class ConfigurationFiles
{
    public static ConfigurationFile Read(string path) =>
        ConfigNodeReader.ReadFile(path, static file => RegularFile.ReadAllBytes(file, ConfigNodeReader.ConfigurationLimit));
}
