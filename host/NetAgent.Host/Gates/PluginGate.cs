using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using NetAgent.Contracts;
using NetAgent.Host.Configuration;

namespace NetAgent.Host.Gates;

/// <summary>How far a plugin may go on this node.</summary>
internal enum GateMode
{
    /// <summary>It does not run.</summary>
    Off,

    /// <summary>It runs; its rows are planned and reported, not written.</summary>
    Observe,

    /// <summary>It runs and its rows are written.</summary>
    Enforce,
}

/// <summary>What the gates say.</summary>
/// <param name="Mode">How far the plugin may go.</param>
/// <param name="Why">In a few words, for status.</param>
/// <param name="Problem">A gate label whose value means nothing; null when all is well.</param>
internal sealed record GateDecision(GateMode Mode, string Why, string? Problem = null)
{
    public override string ToString() => $"{Mode.ToString().ToLowerInvariant()} ({Why})";
}

/// <summary>
/// Decides from the Node's labels whether a plugin runs here. The label of the plugin itself wins over the configuration, so that one
/// node can be taken out or put in by hand; then the node selector; then the rollout share, outside of which a plugin only observes.
/// A label that means nothing was meant to say something: it starts nothing that writes and stops nothing that runs.
/// </summary>
internal static class PluginGate
{
    public const string LabelPrefix = "plugins.netagent.io/";

    /// <param name="entry">The plugin.</param>
    /// <param name="rollout">The agent's own share.</param>
    /// <param name="node">This Node.</param>
    /// <param name="last">What the gates last said when all of them meant something; null when they have not yet.</param>
    public static GateDecision Decide(PluginEntry entry, Rollout? rollout, Node node, GateMode? last = null)
    {
        var key = LabelPrefix + entry.Name;
        var value = node.Labels.Find(key);
        return value switch
        {
            null => DecideUnlabelled(entry, rollout, node),
            "off" => new(GateMode.Off, $"label {key}=off"),
            "observe" => new(GateMode.Observe, $"label {key}=observe"),
            "enforce" => new(GateMode.Enforce, $"label {key}=enforce"),
            _ => Stay(last ?? (GateMode)Math.Min((int)GateMode.Observe, (int)DecideUnlabelled(entry, rollout, node).Mode)),
        };

        GateDecision Stay(GateMode mode) =>
            new(mode, $"label {key}={value} is unknown", $"label {key}: '{value}' is none of off, observe, enforce; "
            + (last is null ? $"since the agent started there was none that is, so the plugin is at {Name(mode)}"
            : $"the plugin stays at {Name(mode)}, where it was"));
    }

    private static string Name(GateMode mode) => mode.ToString().ToLowerInvariant();

    private static GateDecision DecideUnlabelled(PluginEntry entry, Rollout? rollout, Node node)
    {
        foreach (var wanted in entry.NodeSelector)
        {
            if (node.Labels.Find(wanted.Key) != wanted.Value)
            {
                return new(GateMode.Off, $"nodeSelector {wanted.Key}={wanted.Value} does not match");
            }
        }
        var share = entry.Rollout ?? rollout;
        return share is not null && !IsInShare(node.Name, share)
            ? new(GateMode.Observe, $"outside the rollout's {share.Percent} %")
            : new(GateMode.Enforce, entry.NodeSelector.IsEmpty ? "no gate" : "nodeSelector matches");
    }

    /// <summary>Stable: the same node is in for every percentage above the one at which it came in.</summary>
    public static bool IsInShare(string nodeName, Rollout rollout)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{rollout.Salt}/{nodeName}"));
        return BinaryPrimitives.ReadUInt64BigEndian(hash) % 10_000 < rollout.Percent * 100;
    }
}
