using System.Text;
using NetAgent.Contracts;

namespace NetAgent.Host.Configuration;

/// <summary>
/// One text per meaning, without lines: moving a plugin's entry about in the file is no new configuration for it.
/// </summary>
internal static class ConfigNodeText
{
    public static string Of(ConfigNode? node)
    {
        var text = new StringBuilder();
        Append(text, node);
        return text.ToString();
    }

    private static void Append(StringBuilder text, ConfigNode? node)
    {
        switch (node?.Kind)
        {
            case ConfigNodeKind.Scalar:
                text.Append(node.IsQuoted ? 'q' : 's').Append(node.Text.Length).Append(':').Append(node.Text);
                break;
            case ConfigNodeKind.Sequence:
                text.Append('[');
                foreach (var item in node.Items)
                {
                    Append(text, item);
                }
                text.Append(']');
                break;
            case ConfigNodeKind.Mapping:
                text.Append('{');
                foreach (var entry in node.Entries)
                {
                    text.Append(entry.Key.Length).Append(':').Append(entry.Key).Append('=');
                    Append(text, entry.Value);
                }
                text.Append('}');
                break;
            case ConfigNodeKind.Null:
                text.Append('~');
                break;
            default:
                text.Append('-');
                break;
        }
    }
}
