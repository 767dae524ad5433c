using System.Text.Json;
using NetAgent.Dataplane;
using NetAgent.Host.Status;

namespace NetAgent.Host.Commands;

/// <summary>/status for people: what is wrong first.</summary>
internal static class StatusText
{
    private const int FailedShown = 20;

    public static void Write(JsonElement status, TextWriter output)
    {
        var cluster = status.GetProperty("cluster");
        output.WriteLine($"netagent {Text(status, "version")} on {Text(status, "node")}: {Word(status)}");
        output.WriteLine(cluster.GetProperty("complete").GetBoolean()
            ? $"cluster: {Counted.Of(cluster.GetProperty("services").GetInt64(), "Service")}{(!cluster.GetProperty("nodeKnown").GetBoolean() ? "; this Node is not known" : cluster.GetProperty("nodeGone").GetBoolean() ? "; this Node is gone" : "")}{Unread(cluster)}"
            : "cluster: not read in full yet; nothing is programmed until it is");
        if (cluster.GetProperty("resources").EnumerateArray().Select(Heard).ToArray() is { Length: > 0 } heard)
        {
            output.WriteLine($"last heard from the API server: {string.Join(", ", heard)}");
        }
        output.WriteLine($"configuration: {Text(status.GetProperty("configuration"), "digest")}{Trial(status.GetProperty("configuration"))}");
        output.WriteLine($"last sync {Text(status, "lastSync")}, last verified {Text(status, "lastVerify")}, draining {status.GetProperty("draining")}");
        var notices = status.GetProperty("notices");
        if (notices.GetArrayLength() > 0)
        {
            output.WriteLine();
            var table = new TextTable("SEVERITY", "PLUGIN", "REASON", "MESSAGE");
            foreach (var notice in notices.EnumerateArray())
            {
                var plugin = Text(notice, "plugin");
                table.Add(Text(notice, "severity"), plugin.Length == 0 ? "agent" : plugin, Text(notice, "reason"), Text(notice, "message"));
            }
            table.WriteTo(output);
        }
        WriteFailed(status.GetProperty("failed"), output);
        output.WriteLine();
        WritePlugins(status.GetProperty("plugins"), output, withClaims: false);
        output.WriteLine();
        var tables = new TextTable("TABLE", "DESIRED", "ACTUAL", "FOREIGN", "FAILED", "REPAIRED");
        foreach (var row in status.GetProperty("tables").EnumerateArray())
        {
            tables.Add(Text(row, "table"), Text(row, "desired"), Text(row, "actual"), Text(row, "foreign"), Text(row, "failed"), Text(row, "driftRepairs"));
        }
        tables.WriteTo(output);
    }

    private static string Word(JsonElement status) =>
        status.GetProperty("starting").GetBoolean() ? "STARTING" : status.GetProperty("degraded").GetBoolean() ? "DEGRADED"
        : Lost(status.GetProperty("failed")) is > 0 and var lost ? $"ok; {Counted.Of(lost, "row")} {Counted.Verb(lost, "lose")} to an older claim" : "ok";

    private static int Lost(JsonElement failed) => failed.EnumerateArray().Count(IsConflict);

    private static bool IsConflict(JsonElement row) => Is(row, FailureKind.Conflict);

    private static bool Is(JsonElement row, FailureKind kind) => row.TryGetProperty("kind", out var value) && value.ValueEquals(FailedRowJson.KindOf(kind));

    private static string Unread(JsonElement cluster) => cluster.TryGetProperty("unread", out var unread) && unread.GetArrayLength() is > 0 and var count
        ? $"; {count} could not be read, and nothing that may be theirs is removed: {string.Join(", ", unread.EnumerateArray().Take(3))}{(count > 3 ? " …" : "")}"
        : cluster.TryGetProperty("readInPart", out var inPart) && inPart.GetBoolean() ? "; not all of it can be read, and what was known of the rest stays" : "";

    private static string Trial(JsonElement configuration) =>
        configuration.TryGetProperty("onTrialUntil", out var until) ? $", on trial until {until}" : "";

    private static string Heard(JsonElement resource) =>
        $"{Text(resource, "resource")} {(resource.TryGetProperty("lastContactAgeSeconds", out var age) ? $"{age.GetDouble():0}s ago" : "never")}{(resource.GetProperty("failing").GetBoolean() ? " (failing)" : "")}";

    private static void WriteFailed(JsonElement failed, TextWriter output)
    {
        var refused = failed.EnumerateArray().Where(row => !IsConflict(row) && !Is(row, FailureKind.Waiting)).ToArray();
        // What waits for something refused says nothing beyond it.
        WriteRows("NOT IN THE KERNEL", refused.Length > 0 ? refused : [.. failed.EnumerateArray().Where(row => Is(row, FailureKind.Waiting))], output);
        WriteRows("LOST TO ANOTHER", [.. failed.EnumerateArray().Where(IsConflict)], output);
    }

    private static void WriteRows(string title, JsonElement[] rows, TextWriter output)
    {
        if (rows.Length == 0)
        {
            return;
        }
        output.WriteLine();
        var table = new TextTable(title, "PLUGIN", "KEY", "OPERATION", "REASON");
        // Of those that fail of one cause, one stands for all.
        var groups = rows.GroupBy(row => row.TryGetProperty("cause", out var cause) ? cause.ToString() : row.GetRawText()).ToArray();
        foreach (var group in groups.Take(FailedShown))
        {
            var (row, others) = (group.First(), group.Count() - 1);
            table.Add(Text(row, "table"), Text(row, "plugin"), others == 0 ? Text(row, "key") : $"{Text(row, "key")} and {others} more", Text(row, "operation"), Text(row, "reason"));
        }
        table.WriteTo(output);
        if (groups.Length > FailedShown)
        {
            output.WriteLine($"and {groups.Skip(FailedShown).Sum(group => group.Count())} more: -o json has them all");
        }
    }

    // The commit that a version was built from is known by its first digits.
    private static string Short(string version) => version.IndexOf('+', StringComparison.Ordinal) is > 0 and var plus && version.Length > plus + 8 ? version[..(plus + 8)] : version;

    public static void WritePlugins(JsonElement plugins, TextWriter output, bool withClaims)
    {
        var table = new TextTable("PLUGIN", "STATE", "GATE", "VERSION", "CONTRACT", "SHA-256");
        foreach (var plugin in plugins.EnumerateArray())
        {
            var digest = Text(plugin, "digest");
            table.Add(Text(plugin, "name"), Text(plugin, "state"), Text(plugin, "gate"), Short(Text(plugin, "version")), Text(plugin, "contract"),
                digest.Length > 12 ? digest[..12] : digest);
        }
        table.WriteTo(output);
        foreach (var plugin in plugins.EnumerateArray().Where(plugin => plugin.TryGetProperty("lastError", out _)))
        {
            output.WriteLine();
            foreach (var line in TextWrap.Lines($"{Text(plugin, "name")}, {Text(plugin, "reason")}: {OneLine.Of(Text(plugin, "lastError"))}", TextTable.Width))
            {
                output.WriteLine(line);
            }
        }
        foreach (var plugin in plugins.EnumerateArray().Where(plugin => withClaims && plugin.GetProperty("claims").GetArrayLength() > 0))
        {
            output.WriteLine();
            output.WriteLine($"{Text(plugin, "name")} claims:");
            foreach (var claim in plugin.GetProperty("claims").EnumerateArray())
            {
                output.WriteLine($"  {claim}");
            }
        }
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : "-";
}
