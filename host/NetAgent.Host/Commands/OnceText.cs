using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Composition;
using NetAgent.Host.Status;

namespace NetAgent.Host.Commands;

/// <summary>What a command that looked once says of what is in order and yet not what the files and the cluster ask for.</summary>
internal static class OnceText
{
    /// <summary>Says what could not be read, what was refused and what lost to another claim; true when the first or second is not empty.</summary>
    /// <param name="look">What was found.</param>
    /// <param name="isLogged">Notices were written to standard error by the log: reasons stand there.</param>
    /// <param name="error">Where to.</param>
    public static async Task<bool> TellAsync(SingleLook look, bool isLogged, TextWriter error)
    {
        var snapshot = look.Loop.Snapshot;
        var isUnread = !snapshot.Unread.IsNone || snapshot.IsReadInPart;
        if (isUnread)
        {
            string[] reasons = isLogged ? [] : [.. look.UnreadNotices.Select(notice => notice.Message)];
            var what = snapshot.Unread.IsNone ? "a part of the cluster" : string.Join(", ", snapshot.Unread.Names);
            await error.WriteLineAsync($"could not be read{(isLogged ? " (the log says why)" : "")}: {what}{(reasons.Length > 0 ? ":" : "")}");
            foreach (var reason in reasons)
            {
                await error.WriteLineAsync($"  {reason}");
            }
        }
        if (snapshot.Dataplane.Withheld is { Count: > 0 } withheld && !isLogged)
        {
            await error.WriteLineAsync(UnreadText.Of(snapshot.UnreadNames, withheld));
        }
        foreach (var (plugin, problem) in RefusedOf(snapshot))
        {
            await error.WriteLineAsync($"plugin {plugin}: {problem}");
        }
        foreach (var row in snapshot.Conflicts)
        {
            await error.WriteLineAsync(Of(row));
        }
        return isUnread || snapshot.Refused.Any();
    }

    /// <summary>Plugins that run, or look on, under something else than their files say.</summary>
    public static IEnumerable<(string Plugin, string Problem)> RefusedOf(AgentSnapshot snapshot) =>
        from plugin in snapshot.Refused
        where !plugin.IsFailing
        // A plugin that only looks on by default claims nothing then.
        let inForce = plugin.Claims == PluginClaims.None ? "nothing of it is in force" : "defaults or the last good one are in force"
        from problem in plugin.Problems
        where problem.IsError
        select (plugin.Name, $"configuration refused, {inForce}: {problem}");

    public static string Of(PluginStatus plugin) =>
        $"plugin {plugin.Name} is {plugin.State}{(plugin.LastError is { } error ? $": {error}" : "")}";

    public static string Of(FailedRow row) => $"{row.Plugin}: {row.Table} {row.Key}: {row.Operation}: {row.Reason}";
}
