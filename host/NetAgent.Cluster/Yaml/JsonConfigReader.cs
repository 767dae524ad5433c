using System.Text;
using System.Text.Json;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Yaml;

/// <summary>Reads JSON, which YAML parsers almost but not quite accept (tabs, \/ escapes), with the line of every value.</summary>
internal ref struct JsonConfigReader
{
    private readonly ReadOnlySpan<byte> _text;
    private Utf8JsonReader _reader;
    private long _countedTo;
    private int _line;

    private JsonConfigReader(ReadOnlySpan<byte> text, int firstLine)
    {
        _text = text;
        _line = firstLine;
        _reader = new(text, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = YamlConfigReader.MaximumDepth });
    }

    /// <summary>Adds the values of a text of one or more JSON values. False, adding nothing, when it is not JSON.</summary>
    public static bool TryRead(string text, int firstLine, List<ConfigDocument> documents, out string? problem)
    {
        var count = documents.Count;
        var reader = new JsonConfigReader(Encoding.UTF8.GetBytes(text), firstLine);
        try
        {
            while (reader._reader.Read())
            {
                var root = reader.ReadValue();
                documents.Add(new(documents.Count + 1, root.Line, root, null));
            }
            problem = null;
            return true;
        }
        // InvalidOperationException: a string with half a surrogate pair.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            documents.RemoveRange(count, documents.Count - count);
            var line = e is JsonException { LineNumber: { } number } ? firstLine + number : reader._line;
            problem = JsonFault.IsCutOff(new(Encoding.UTF8.GetBytes(text))) ? $"line {line}: the text ends before its JSON does; is it written in full?"
                : $"line {line}: no JSON: {JsonFault.Plain(e)}";
            return false;
        }
    }

    private ConfigNode ReadValue()
    {
        var line = CurrentLine();
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var entries = new List<ConfigEntry>();
                while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
                {
                    var keyLine = CurrentLine();
                    var key = _reader.GetString()!;
                    _reader.Read();
                    entries.Add(new(key, keyLine, ReadValue()));
                }
                return new() { Kind = ConfigNodeKind.Mapping, Line = line, Entries = entries };
            case JsonTokenType.StartArray:
                var items = new List<ConfigNode>();
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(ReadValue());
                }
                return new() { Kind = ConfigNodeKind.Sequence, Line = line, Items = items };
            case JsonTokenType.Null:
                return new() { Kind = ConfigNodeKind.Null, Line = line };
            case JsonTokenType.String:
                return new() { Kind = ConfigNodeKind.Scalar, Line = line, Text = _reader.GetString()!, IsQuoted = true };
            default:
                return new() { Kind = ConfigNodeKind.Scalar, Line = line, Text = Encoding.UTF8.GetString(_reader.ValueSpan) };
        }
    }

    private int CurrentLine()
    {
        var position = _reader.TokenStartIndex;
        _line += _text[(int)_countedTo..(int)position].Count((byte)'\n');
        _countedTo = position;
        return _line;
    }
}
