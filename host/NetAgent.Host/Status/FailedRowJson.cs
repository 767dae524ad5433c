using System.Text.Json;
using NetAgent.Dataplane;

namespace NetAgent.Host.Status;

internal static class FailedRowJson
{
    /// <summary>Why a row is not there: <c>refused</c>, <c>waiting</c>, <c>conflict</c>.</summary>
    public static string KindOf(FailureKind kind) => kind switch
    {
        FailureKind.Waiting => "waiting",
        FailureKind.Conflict => "conflict",
        _ => "refused",
    };

    public static void Write(Utf8JsonWriter json, FailedRow row)
    {
        json.WriteStartObject();
        json.WriteString("plugin", row.Plugin);
        json.WriteString("table", row.Table);
        json.WriteString("key", row.Key);
        json.WriteString("kind", KindOf(row.Kind));
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
