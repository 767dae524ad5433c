using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Manifests;

/// <summary>Turns YAML into JSON as Kubernetes does (YAML 1.1 words and numbers; of duplicate keys the last counts).</summary>
internal static class ConfigNodeJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 200 };

    /// <exception cref="ArgumentException">Text that no UTF-8 can hold.</exception>
    public static ReadOnlySequence<byte> ToJson(ConfigNode node)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            Write(writer, node);
        }
        return new(buffer.WrittenMemory);
    }

    private static void Write(Utf8JsonWriter writer, ConfigNode node)
    {
        switch (node.Kind)
        {
            case ConfigNodeKind.Mapping:
                writer.WriteStartObject();
                var last = node.Entries.Count > 1 ? LastOfEach(node.Entries) : null;
                for (var i = 0; i < node.Entries.Count; i++)
                {
                    if (last is null || last[node.Entries[i].Key] == i)
                    {
                        writer.WritePropertyName(node.Entries[i].Key);
                        Write(writer, node.Entries[i].Value);
                    }
                }
                writer.WriteEndObject();
                break;
            case ConfigNodeKind.Sequence:
                writer.WriteStartArray();
                foreach (var item in node.Items)
                {
                    Write(writer, item);
                }
                writer.WriteEndArray();
                break;
            case ConfigNodeKind.Null:
                writer.WriteNullValue();
                break;
            default:
                WriteScalar(writer, node);
                break;
        }
    }

    private static Dictionary<string, int> LastOfEach(IReadOnlyList<ConfigEntry> entries)
    {
        var last = new Dictionary<string, int>(entries.Count, StringComparer.Ordinal);
        for (var i = 0; i < entries.Count; i++)
        {
            last[entries[i].Key] = i;
        }
        return last;
    }

    private static void WriteScalar(Utf8JsonWriter writer, ConfigNode node)
    {
        var text = node.Text;
        if (!node.IsQuoted)
        {
            switch (text)
            {
                case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                    writer.WriteBooleanValue(true);
                    return;
                case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                    writer.WriteBooleanValue(false);
                    return;
            }
            if (text[0] is (>= '0' and <= '9') or '-' or '+' or '.' && TryNumber(writer, text))
            {
                return;
            }
        }
        writer.WriteStringValue(text);
    }

    private static bool TryNumber(Utf8JsonWriter writer, string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            || (text.StartsWith("0x", StringComparison.Ordinal)
                && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)))
        {
            // A leading zero is octal in YAML 1.1; as a port it is a mistake either way, so let it stay text and be named.
            if (text.TrimStart('-', '+') is ['0', >= '0' and <= '9', ..])
            {
                return false;
            }
            writer.WriteNumberValue(number);
            return true;
        }
        if (double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out var real) && double.IsFinite(real))
        {
            writer.WriteNumberValue(real);
            return true;
        }
        return false;
    }
}
