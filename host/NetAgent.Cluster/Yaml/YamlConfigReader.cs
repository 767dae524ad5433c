using System.Globalization;
using NetAgent.Contracts;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NetAgent.Cluster.Yaml;

/// <summary>Reads one YAML document from the parser's events, within limits that an honest file never meets.</summary>
internal sealed class YamlConfigReader
{
    public const int MaximumDepth = 100;

    /// <summary>Nodes that aliases may add on top of those written out: what stops a "billion laughs" file.</summary>
    public const int MaximumAliasedNodes = 100_000;

    private readonly string _text;
    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private readonly int _lineOffset;
    private readonly Dictionary<string, (ConfigNode Node, int Weight)> _anchors = new(StringComparer.Ordinal);
    private int _nodes;
    private int _aliasedNodes;

    private YamlConfigReader(string text, int firstLine)
    {
        _text = text;
        _scanner = new Scanner(new StringReader(text));
        _parser = new Parser(_scanner);
        _lineOffset = firstLine - 1;
    }

    /// <summary>The document's content, or its problem; neither when it is empty.</summary>
    public static (ConfigNode? Root, string? Problem) Read(string text, int firstLine)
    {
        var reader = new YamlConfigReader(text, firstLine);
        try
        {
            return (reader.ReadDocument(), null);
        }
        catch (YamlException) when (reader.IsIndentedByTab())
        {
            return (null, $"line {reader.Line(reader._scanner.CurrentPosition)}: a tab indents this line, where YAML takes blanks only");
        }
        catch (YamlException e)
        {
            return (null, $"line {reader.Line(e.End.Line > e.Start.Line ? e.End : e.Start)}: {Message(e)}");
        }
        // The parser has let these out for texts that no YAML is; to a reader of configuration they all mean "does not parse".
        catch (Exception e) when (
            e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            return (null,
                $"line {reader.Line(reader._scanner.CurrentPosition)}: not YAML; a bracket, brace or quote before may not be closed");
        }
    }

    // The parser names the start of the mapping that a tab breaks; the scanner stands where it is.
    private bool IsIndentedByTab()
    {
        var number = 0L;
        foreach (var line in _text.AsSpan().EnumerateLines())
        {
            if (++number == _scanner.CurrentPosition.Line)
            {
                return line[..(line.Length - line.TrimStart().Length)].Contains('\t');
            }
        }
        return false;
    }

    private ConfigNode? ReadDocument()
    {
        while (_parser.MoveNext() && _parser.Current is StreamStart or DocumentStart)
        {
        }
        if (_parser.Current is null or StreamEnd or DocumentEnd)
        {
            return null;
        }
        var root = ReadNode(0);
        if (_parser.MoveNext() && _parser.Current is DocumentEnd && _parser.MoveNext() && _parser.Current is not StreamEnd)
        {
            throw Bad(_parser.Current!, "a second document begins here without a '---' line before it");
        }
        return root;
    }

    private ConfigNode ReadNode(int depth)
    {
        var first = _parser.Current!;
        if (depth > MaximumDepth)
        {
            throw Bad(first, $"nested deeper than {MaximumDepth} levels");
        }
        var before = _nodes++;
        var node = first switch
        {
            Scalar scalar => ReadScalar(scalar),
            SequenceStart => ReadSequence(first, depth),
            MappingStart => ReadMapping(first, depth),
            AnchorAlias alias => Resolve(alias),
            _ => throw Bad(first, $"unexpected {first.GetType().Name}"),
        };
        if (first is NodeEvent { Anchor.IsEmpty: false } anchored)
        {
            _anchors[anchored.Anchor.Value] = (node, _nodes - before);
        }
        return node;
    }

    private ConfigNode ReadScalar(Scalar scalar)
    {
        var isString = scalar.Style is not ScalarStyle.Plain || (!scalar.Tag.IsEmpty && scalar.Tag.Value == "tag:yaml.org,2002:str");
        return !isString && scalar.Value is "" or "~" or "null" or "Null" or "NULL" && scalar.Style is ScalarStyle.Plain
            ? new() { Kind = ConfigNodeKind.Null, Line = Line(scalar.Start) }
            : new() { Kind = ConfigNodeKind.Scalar, Line = Line(scalar.Start), Text = scalar.Value, IsQuoted = isString };
    }

    private ConfigNode ReadSequence(ParsingEvent start, int depth)
    {
        var items = new List<ConfigNode>();
        while (Next() is not SequenceEnd)
        {
            items.Add(ReadNode(depth + 1));
        }
        return new() { Kind = ConfigNodeKind.Sequence, Line = Line(start.Start), Items = items };
    }

    private ConfigNode ReadMapping(ParsingEvent start, int depth)
    {
        var entries = new List<ConfigEntry>();
        List<ConfigNode>? merges = null;
        while (Next() is var keyEvent and not MappingEnd)
        {
            var key = ReadNode(depth + 1);
            if (key.Kind is ConfigNodeKind.Sequence or ConfigNodeKind.Mapping)
            {
                throw Bad(keyEvent, "a key must be plain text, not a list or a mapping");
            }
            _ = Next();
            var value = ReadNode(depth + 1);
            if (key is { Kind: ConfigNodeKind.Scalar, Text: "<<", IsQuoted: false })
            {
                (merges ??= []).AddRange(value.Kind == ConfigNodeKind.Sequence ? value.Items : [value]);
                if (merges.Exists(m => m.Kind != ConfigNodeKind.Mapping))
                {
                    throw Bad(keyEvent, "'<<' merges mappings only, such as <<: *name");
                }
                continue;
            }
            entries.Add(new(key.Text, Line(keyEvent.Start), value));
        }
        if (merges is not null)
        {
            Merge(entries, merges);
        }
        // The parser gives no place for the mapping of [a: b].
        var line = start.Start.Index == 0 && entries.Count > 0 ? entries[0].Line : Line(start.Start);
        return new() { Kind = ConfigNodeKind.Mapping, Line = line, Entries = entries };
    }

    // What the mapping says itself wins; of several merged mappings the earlier one does (yaml.org/type/merge).
    private static void Merge(List<ConfigEntry> entries, List<ConfigNode> merges)
    {
        var known = entries.Select(e => e.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var entry in merges.SelectMany(m => m.Entries))
        {
            if (known.Add(entry.Key))
            {
                entries.Add(entry);
            }
        }
    }

    private ConfigNode Resolve(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var anchor))
        {
            throw Bad(alias, $"*{alias.Value.Value} names no anchor that came before it");
        }
        _nodes += anchor.Weight;
        _aliasedNodes += anchor.Weight;
        if (_aliasedNodes > MaximumAliasedNodes)
        {
            throw Bad(alias, $"aliases expand to more than {MaximumAliasedNodes} values");
        }
        return anchor.Node;
    }

    private ParsingEvent Next() =>
        _parser.MoveNext() ? _parser.Current! : throw new YamlException(Mark.Empty, Mark.Empty, "the text ends too early");

    private static YamlException Bad(ParsingEvent at, string message) => new(at.Start, at.End, message);

    private int Line(Mark mark) => (int)Math.Max(1, mark.Line) + _lineOffset;

    private static string Message(YamlException e) =>
        e.InnerException is null ? e.Message : string.Create(CultureInfo.InvariantCulture, $"{e.Message} {e.InnerException.Message}");
}
