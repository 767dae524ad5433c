using System.Text.Json;
using NetAgent.Dataplane;

namespace NetAgent.Host.Status;

internal static class FailedRowJson
{
    public static void Write(Utf8JsonWriter json, FailedRow row)
    {
        json.WriteStartObject();
        json.WriteString("plugin", row.Plugin);
        json.WriteString("table", row.Table);
        json.WriteString("key", row.Key);
        json.WriteString("operation", row.Operation);
        json.WriteNumber("errno", row.Errno);
        json.WriteString("reason", row.Reason);
        if (row.Cause is { } cause)
        {
            json.WriteString("cause", cause.Text);
        }
        json.WriteNumber("attempts", row.Attempts);
        json.WriteEndObject();
    }
}
