using System.Text.Json;
using NetAgent.Contracts;

namespace NetAgent.Ipvs.Tests.Recordings;

/// <summary>Turns JSON text into configuration nodes. Lines are counted by key, which is enough to see that they are handed on.</summary>
internal static class ConfigJson
{
    public static ConfigNode Read(string json)
    {
        var line = 1;
        return Node(JsonDocument.Parse(json).RootElement, ref line);
    }

    public static PluginConfiguration File(string path) => new()
    {
        Files = [new ConfigurationFile { Path = path, Exists = true, Root = Read(System.IO.File.ReadAllText(path)) }],
    };

    private static ConfigNode Node(JsonElement element, ref int line)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var entries = new List<ConfigEntry>();
                var own = line;
                foreach (var property in element.EnumerateObject())
                {
                    var at = ++line;
                    entries.Add(new ConfigEntry(property.Name, at, Node(property.Value, ref line)));
                }
                return new ConfigNode { Kind = ConfigNodeKind.Mapping, Line = own, Entries = entries };
            case JsonValueKind.Array:
                var items = new List<ConfigNode>();
                foreach (var item in element.EnumerateArray())
                {
                    items.Add(Node(item, ref line));
                }
                return new ConfigNode { Kind = ConfigNodeKind.Sequence, Line = line, Items = items };
            case JsonValueKind.Null:
                return new ConfigNode { Kind = ConfigNodeKind.Null, Line = line };
            case JsonValueKind.String:
                return new ConfigNode { Kind = ConfigNodeKind.Scalar, Line = line, Text = element.GetString()!, IsQuoted = true };
            default:
                return new ConfigNode { Kind = ConfigNodeKind.Scalar, Line = line, Text = element.GetRawText() };
        }
    }
}
