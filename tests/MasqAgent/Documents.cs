using NetAgent.Contracts;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NetAgent.MasqAgent.Tests;

/// <summary>Configuration files as the host hands them over.</summary>
internal static class Documents
{
    public const string Path = "/etc/config/ip-masq-agent";

    public static ConfigurationFile Missing(string path = Path) => new(path, false, null, null);

    public static ConfigurationFile File(string text, string path = Path)
    {
        try
        {
            return new(path, true, Parse(text), null);
        }
        catch (YamlException e)
        {
            return new(path, true, null, $"line {e.Start.Line}: {e.Message}");
        }
    }

    public static ConfigNode? Parse(string text)
    {
        var parser = new MergingParser(new Parser(new StringReader(text)));
        ConfigNode? root = null;
        while (parser.MoveNext())
        {
            if (parser.Current is NodeEvent or AnchorAlias)
            {
                root = ReadNode(parser);
            }
        }
        return root;
    }

    private static ConfigNode ReadNode(IParser parser)
    {
        var line = (int)parser.Current!.Start.Line;
        switch (parser.Current)
        {
            case Scalar scalar:
                var quoted = scalar.Style is not ScalarStyle.Plain;
                var isNull = !quoted && scalar.Value is "" or "~" or "null" or "Null" or "NULL";
                return new() { Kind = isNull ? ConfigNodeKind.Null : ConfigNodeKind.Scalar, Line = line, Text = isNull ? "" : scalar.Value, IsQuoted = quoted };
            case SequenceStart:
                var items = new List<ConfigNode>();
                while (Next(parser) is not SequenceEnd)
                {
                    items.Add(ReadNode(parser));
                }
                return new() { Kind = ConfigNodeKind.Sequence, Line = line, Items = items };
            case MappingStart:
                var entries = new List<ConfigEntry>();
                while (Next(parser) is not MappingEnd)
                {
                    var key = parser.Current is Scalar name ? name.Value : throw new YamlException(parser.Current!.Start, parser.Current.End, "a key must be a word");
                    var keyLine = (int)parser.Current.Start.Line;
                    Next(parser);
                    entries.Add(new(key, keyLine, ReadNode(parser)));
                }
                return new() { Kind = ConfigNodeKind.Mapping, Line = line, Entries = entries };
            default:
                throw new YamlException(parser.Current.Start, parser.Current.End, "aliases are not taken");
        }
    }

    private static ParsingEvent? Next(IParser parser) => parser.MoveNext() ? parser.Current : throw new YamlException("the document ends too early");
}
