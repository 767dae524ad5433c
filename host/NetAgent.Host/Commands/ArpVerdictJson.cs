using System.Text.Json;

namespace NetAgent.Host.Commands;

/// <summary>Verdicts for programs.</summary>
internal static class ArpVerdictJson
{
    public static void Write(Utf8JsonWriter json, IReadOnlyList<ArpVerdict> verdicts)
    {
        json.WriteStartArray();
        foreach (var verdict in verdicts)
        {
            json.WriteStartObject();
            json.WriteString("address", verdict.Address.ToString());
            json.WriteString("link", verdict.Link);
            json.WriteStartArray("answeredBy");
            foreach (var answerer in verdict.Answerers)
            {
                json.WriteStartObject();
                json.WriteString("node", answerer.Node);
                json.WriteString("mac", answerer.Mac);
                json.WriteBoolean("thisNode", answerer.IsThisNode);
                json.WriteString("shouldNotAnswer", answerer.Fault);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteBoolean("conflict", verdict.IsConflict);
            json.WriteString("verdict", verdict.Text);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
