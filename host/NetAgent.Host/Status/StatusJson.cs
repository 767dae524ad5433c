using System.Text.Json;
using NetAgent.Cluster;

namespace NetAgent.Host.Status;

/// <summary>/status and <c>netagent status -o json</c>.</summary>
internal static class StatusJson
{
    /// <param name="json">Where to.</param>
    /// <param name="snapshot">The agent.</param>
    /// <param name="now">What ages are counted to.</param>
    public static void Write(Utf8JsonWriter json, AgentSnapshot snapshot, DateTimeOffset now)
    {
        json.WriteStartObject();
        json.WriteString("version", AgentVersion.Text);
        json.WriteString("node", snapshot.NodeName);
        json.WriteString("startedAt", snapshot.StartedAt);
        json.WriteBoolean("degraded", snapshot.IsDegraded);
        json.WriteBoolean("starting", snapshot.IsStarting);
        json.WriteStartObject("cluster");
        json.WriteBoolean("complete", snapshot.IsClusterComplete);
        json.WriteBoolean("nodeKnown", snapshot.IsNodeKnown);
        json.WriteBoolean("nodeGone", snapshot.IsNodeGone);
        json.WriteNumber("services", snapshot.ServiceCount);
        json.WriteBoolean("readInPart", snapshot.IsReadInPart);
        json.WriteStartArray("unread");
        foreach (var name in snapshot.UnreadNames)
        {
            json.WriteStringValue(name);
        }
        json.WriteEndArray();
        WriteResources(json, snapshot.Resources, now);
        json.WriteEndObject();
        json.WriteStartObject("events");
        json.WriteNumber("written", snapshot.Events.Written);
        json.WriteNumber("dropped", snapshot.Events.Dropped);
        json.WriteNumber("refused", snapshot.Events.Refused);
        json.WriteEndObject();
        json.WriteStartObject("configuration");
        json.WriteString("digest", snapshot.ConfigurationDigest);
        WriteOptional(json, "refusal", snapshot.ConfigurationRefusal);
        WriteOptional(json, "onTrialUntil", snapshot.TrialUntil);
        json.WriteEndObject();
        json.WriteStartArray("plugins");
        foreach (var plugin in snapshot.Plugins)
        {
            Write(json, plugin);
        }
        json.WriteEndArray();
        WriteDataplane(json, snapshot);
        json.WriteStartArray("notices");
        foreach (var (plugin, notice) in snapshot.Notices.OrderByDescending(posted => posted.Notice.Severity))
        {
            json.WriteStartObject();
            json.WriteString("severity", notice.Severity.ToString().ToLowerInvariant());
            json.WriteString("plugin", plugin);
            json.WriteString("reason", notice.Reason);
            json.WriteString("message", notice.Message);
            WriteOptional(json, "service", notice.Service?.ToString());
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteResources(Utf8JsonWriter json, IReadOnlyList<ResourceStatus> resources, DateTimeOffset now)
    {
        json.WriteStartArray("resources");
        foreach (var resource in resources)
        {
            json.WriteStartObject();
            json.WriteString("resource", resource.Resource);
            json.WriteBoolean("synced", resource.IsSynced);
            json.WriteBoolean("failing", resource.IsFailing);
            json.WriteNumber("objects", resource.Objects);
            WriteOptional(json, "lastContact", resource.LastContact);
            if (resource.LastContact is { } contact)
            {
                json.WriteNumber("lastContactAgeSeconds", Math.Round(Math.Max(0, (now - contact).TotalSeconds), 1));
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, PluginStatus plugin)
    {
        json.WriteStartObject();
        json.WriteString("name", plugin.Name);
        json.WriteString("state", plugin.State.ToString());
        json.WriteBoolean("failing", plugin.IsFailing);
        json.WriteString("gate", plugin.Gate);
        json.WriteBoolean("required", plugin.IsRequired);
        WriteOptional(json, "version", plugin.Version);
        WriteOptional(json, "contract", plugin.Contract);
        WriteOptional(json, "digest", plugin.Digest);
        json.WriteStartArray("claims");
        foreach (var claim in ClaimsText.Lines(plugin.Claims))
        {
            json.WriteStringValue(claim);
        }
        json.WriteEndArray();
        if (plugin.ProcessStarts is { } starts)
        {
            json.WriteNumber("processStarts", starts);
        }
        WriteOptional(json, "reason", plugin.Reason);
        WriteOptional(json, "lastError", plugin.LastError);
        if (plugin.LastSuccess is { } success)
        {
            json.WriteString("lastSuccess", success);
        }
        if (plugin.RetryAt is { } retry)
        {
            json.WriteString("retryAt", retry);
        }
        json.WriteStartArray("problems");
        foreach (var problem in plugin.Problems)
        {
            json.WriteStringValue(problem.ToString());
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteDataplane(Utf8JsonWriter json, AgentSnapshot snapshot)
    {
        var dataplane = snapshot.Dataplane;
        json.WriteStartArray("tables");
        foreach (var table in dataplane.Tables)
        {
            json.WriteStartObject();
            json.WriteString("table", table.Table);
            json.WriteNumber("desired", table.Desired);
            json.WriteNumber("actual", table.Actual);
            json.WriteNumber("foreign", table.Foreign);
            json.WriteNumber("failed", table.Failed);
            json.WriteNumber("switchedOff", table.SwitchedOff);
            json.WriteNumber("driftRepairs", table.DriftRepairs);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("failed");
        foreach (var row in dataplane.Failed)
        {
            FailedRowJson.Write(json, row);
        }
        json.WriteEndArray();
        json.WriteNumber("draining", dataplane.Draining);
        json.WriteNumber("withheld", dataplane.Withheld.Count);
        WriteOptional(json, "lastSync", dataplane.LastSync);
        WriteOptional(json, "lastVerify", dataplane.LastVerify);
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, DateTimeOffset? value)
    {
        if (value is { } time)
        {
            json.WriteString(name, time);
        }
    }
}
