using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace NetAgent.Cluster.Objects;

/// <summary>
/// Finds which field a byte offset of a JSON text belongs to; only ever asked about bad objects, so that good ones pay nothing.
/// </summary>
internal static class JsonPath
{
    public static string Find(ReadOnlySequence<byte> json, long position)
    {
        var levels = new List<(string? Key, int Index)>();
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read() && reader.TokenStartIndex < position)
            {
                Step(ref reader, levels);
            }
            if (reader.TokenStartIndex == position && reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject))
            {
                CountItem(levels);
            }
        }
        catch (JsonException)
        {
            // The text ends in a syntax error there: the path up to it is the answer.
        }
        return string.Concat(levels.Select((l, i) => l.Key is { } key ? (i > 0 ? "." : "") + key
            : l.Index >= 0 ? string.Create(CultureInfo.InvariantCulture, $"[{l.Index}]") : ""))
                .Replace(".[", "[", StringComparison.Ordinal);
    }

    private static void Step(ref Utf8JsonReader reader, List<(string? Key, int Index)> levels)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                levels[^1] = (reader.GetString(), -1);
                break;
            case JsonTokenType.StartObject:
                CountItem(levels);
                levels.Add((null, -2));
                break;
            case JsonTokenType.StartArray:
                CountItem(levels);
                levels.Add((null, -1));
                break;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                levels.RemoveAt(levels.Count - 1);
                break;
            default:
                CountItem(levels);
                break;
        }
    }

    // A level is an object's current key, or a list's current index (-1 before the first item; -2 marks an object without a key yet).
    private static void CountItem(List<(string? Key, int Index)> levels)
    {
        if (levels.Count > 0 && levels[^1] is { Key: null, Index: >= -1 } list)
        {
            levels[^1] = (null, list.Index + 1);
        }
    }
}
