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
/// </summary>
internal static class PluginGate
{
    public const string LabelPrefix = "plugins.netagent.io/";

    public static GateDecision Decide(PluginEntry entry, Rollout? rollout, Node node)
    {
        var key = LabelPrefix + entry.Name;
        string? problem = null;
        switch (node.Labels.Find(key))
        {
            case null:
                break;
            case "off":
                return new(GateMode.Off, $"label {key}=off");
            case "observe":
                return new(GateMode.Observe, $"label {key}=observe");
            case "enforce":
                return new(GateMode.Enforce, $"label {key}=enforce");
            case var value:
                problem = $"label {key}: '{value}' is none of off, observe, enforce; it is ignored";
                break;
        }
        foreach (var wanted in entry.NodeSelector)
        {
            if (node.Labels.Find(wanted.Key) != wanted.Value)
            {
                return new(GateMode.Off, $"nodeSelector {wanted.Key}={wanted.Value} does not match", problem);
            }
        }
        var share = entry.Rollout ?? rollout;
        return share is not null && !IsInShare(node.Name, share)
            ? new(GateMode.Observe, $"outside the rollout's {share.Percent} %", problem)
            : new(GateMode.Enforce, entry.NodeSelector.IsEmpty ? "no gate" : "nodeSelector matches", problem);
    }

    /// <summary>Stable: the same node is in for every percentage above the one at which it came in.</summary>
    public static bool IsInShare(string nodeName, Rollout rollout)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{rollout.Salt}/{nodeName}"));
        return BinaryPrimitives.ReadUInt64BigEndian(hash) % 10_000 < rollout.Percent * 100;
    }
}
