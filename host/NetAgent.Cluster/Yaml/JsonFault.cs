using System.Buffers;
using System.Text.Json;

namespace NetAgent.Cluster.Yaml;

/// <summary>What is wrong with a text that is no JSON, in words for people who did not write a parser.</summary>
internal static class JsonFault
{
    /// <summary>The exception's message without the parser's own account of the place, which counts from 0.</summary>
    public static string Plain(Exception error) => error.Message.Split(" LineNumber:")[0].TrimEnd('.');

    /// <summary>Nothing is wrong with the text but that it ends too early.</summary>
    public static bool IsCutOff(ReadOnlySequence<byte> json)
    {
        // Of a part of a text the reader does not mind that it ends.
        var options = new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = 1000 };
        var reader = new Utf8JsonReader(json, isFinalBlock: false, new(options));
        try
        {
            while (reader.Read())
            {
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
