using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;

namespace NetAgent.MasqAgent.Tests;

/// <summary>Configuration files as the host hands them over.</summary>
internal static class Documents
{
    public const string Path = "/etc/config/ip-masq-agent";

    public static ConfigurationFile Missing(string path = Path) => new() { Path = path };

    public static ConfigurationFile File(string text, string path = Path)
    {
        var document = ConfigNodeReader.Read(text);
        return new() { Path = path, Exists = true, Root = document.Root, Problem = document.Problem };
    }

    public static ConfigNode? Parse(string text) => ConfigNodeReader.Read(text).Root;
}
