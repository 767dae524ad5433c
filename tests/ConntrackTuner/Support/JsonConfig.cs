using System.Text;
using System.Text.Json;
using NetAgent.Contracts;

namespace NetAgent.Plugins.Tests;

/// <summary>Configuration for tests, written as JSON.</summary>
internal static class JsonConfig
{
    public static PluginConfiguration Inline(string json) => new() { Inline = Parse(json) };

    public static PluginConfiguration File(string json, string path = "proxy.json") => new() { Files = [FileOf(json, path)] };

    public static ConfigurationFile FileOf(string json, string path) => new() { Path = path, Exists = true, Root = Parse(json) };

    public static ConfigNode Parse(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var reader = new Utf8JsonReader(bytes);
        reader.Read();
        return Node(ref reader, bytes);
    }

    private static ConfigNode Node(ref Utf8JsonReader reader, byte[] bytes)
    {
        var line = LineOf(ref reader, bytes);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var entries = new List<ConfigEntry>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var (key, at) = (reader.GetString()!, LineOf(ref reader, bytes));
                    reader.Read();
                    entries.Add(new(key, at, Node(ref reader, bytes)));
                }
                return new() { Kind = ConfigNodeKind.Mapping, Line = line, Entries = entries };
            case JsonTokenType.StartArray:
                var items = new List<ConfigNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(Node(ref reader, bytes));
                }
                return new() { Kind = ConfigNodeKind.Sequence, Line = line, Items = items };
            case JsonTokenType.Null:
                return new() { Kind = ConfigNodeKind.Null, Line = line };
            case JsonTokenType.String:
                return new() { Kind = ConfigNodeKind.Scalar, Line = line, Text = reader.GetString()!, IsQuoted = true };
            default:
                return new() { Kind = ConfigNodeKind.Scalar, Line = line, Text = Encoding.UTF8.GetString(reader.ValueSpan) };
        }
    }

    private static int LineOf(ref Utf8JsonReader reader, byte[] bytes) =>
        1 + bytes.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n');
}
