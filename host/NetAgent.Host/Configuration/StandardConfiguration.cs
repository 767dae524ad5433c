using NetAgent.Contracts;

namespace NetAgent.Host.Configuration;

/// <summary>What <c>netagent run</c> does without a file: the proxy alone, with its defaults.</summary>
internal static class StandardConfiguration
{
    public static ConfigurationFile File { get; } = new()
    {
        Path = "(standard configuration)",
        Exists = true,
        Root = Mapping(
        ("apiVersion", Text(AgentConfigurationReader.ApiVersion)),
        ("kind", Text(AgentConfigurationReader.Kind)),
        ("plugins", new ConfigNode { Kind = ConfigNodeKind.Sequence, Items = [Mapping(("name", Text("ipvs")))] })),
    };

    private static ConfigNode Mapping(params ReadOnlySpan<(string Key, ConfigNode Value)> entries)
    {
        var list = new List<ConfigEntry>(entries.Length);
        foreach (var (key, value) in entries)
        {
            list.Add(new(key, 0, value));
        }
        return new() { Kind = ConfigNodeKind.Mapping, Entries = list };
    }

    private static ConfigNode Text(string text) => new() { Kind = ConfigNodeKind.Scalar, Text = text };
}
