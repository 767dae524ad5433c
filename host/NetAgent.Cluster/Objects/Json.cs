using System.Buffers;
using System.Text;
using System.Text.Json;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Objects;

/// <summary>
/// Steps through the JSON of an object. Every method that returns a value moves onto that value first; null always reads as absent, as
/// the API has it.
/// </summary>
internal static class Json
{
    private const int LongestShownValue = 60;

    /// <summary>Moves into an object; false for null.</summary>
    public static bool Object(ref Utf8JsonReader reader)
    {
        reader.Read();
        return Is(ref reader, JsonTokenType.StartObject, "a mapping");
    }

    /// <summary>Moves to the next key; false at the end of the object.</summary>
    public static bool Property(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>Moves into a list; false for null.</summary>
    public static bool Array(ref Utf8JsonReader reader)
    {
        reader.Read();
        return Is(ref reader, JsonTokenType.StartArray, "a list");
    }

    /// <summary>Moves onto the next item; false at the end of the list.</summary>
    public static bool Item(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType != JsonTokenType.EndArray;

    /// <summary>Passes over the value of the key the reader stands on.</summary>
    public static void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    /// <summary>True when the reader stands on a token of this type, false on null.</summary>
    public static bool Is(ref Utf8JsonReader reader, JsonTokenType type, string expected) =>
        reader.TokenType == type || (reader.TokenType == JsonTokenType.Null ? false : throw Bad(ref reader, $"must be {expected}"));

    public static string? Text(ref Utf8JsonReader reader, StringPool? pool = null)
    {
        reader.Read();
        return TextItem(ref reader, pool);
    }

    /// <summary>The string the reader stands on.</summary>
    public static string? TextItem(ref Utf8JsonReader reader, StringPool? pool = null) =>
        !Is(ref reader, JsonTokenType.String, "text; in YAML put it in quotes") ? null : pool is null
            ? reader.GetString() : pool.Read(ref reader);

    public static bool? Boolean(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            JsonTokenType.Null => null,
            _ => throw Bad(ref reader, "must be true or false"),
        };
    }

    public static int? Integer(ref Utf8JsonReader reader, int minimum, int maximum, string what)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) && number >= minimum && number <= maximum
            ? number
            : throw Bad(ref reader, $"must be {what}, a number from {minimum} to {maximum}");
    }

    public static ushort? Port(ref Utf8JsonReader reader, int minimum = 0) => (ushort?)Integer(ref reader, minimum, 65535, "a port");

    /// <summary>One of a few words; null when absent or empty, as API defaulting treats both alike.</summary>
    public static int? OneOf(ref Utf8JsonReader reader, params ReadOnlySpan<string> words)
    {
        reader.Read();
        if (!Is(ref reader, JsonTokenType.String, "text") || reader.ValueTextEquals(""u8))
        {
            return null;
        }
        for (var i = 0; i < words.Length; i++)
        {
            if (reader.ValueTextEquals(words[i]))
            {
                return i;
            }
        }
        throw Bad(ref reader, $"must be one of {string.Join(", ", words!)}");
    }

    /// <summary>
    /// The address the reader stands on; "no address" when the text is none. Leading zeros are decimal, as kube-proxy reads old objects.
    /// </summary>
    public static InetAddress AddressItem(ref Utf8JsonReader reader)
    {
        if (!Is(ref reader, JsonTokenType.String, "an IP address"))
        {
            return default;
        }
        Span<char> text = stackalloc char[64];
        var bytes = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        return bytes > text.Length ? default : SloppyAddress.Parse(text[..reader.CopyString(text)]);
    }

    public static BadFieldException Bad(ref Utf8JsonReader reader, string expected) =>
        new(reader.TokenStartIndex, "", Shown(ref reader), expected);

    public static BadFieldException Missing(long position, string field, string expected) => new(position, field, "", expected);

    private static string Shown(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return "{…}";
            case JsonTokenType.StartArray:
                return "[…]";
            default:
                var text = Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);
                return text.Length > LongestShownValue ? text[..LongestShownValue] + "…" : text;
        }
    }
}
