using System.Text.RegularExpressions;
using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Arp;

/// <summary>A host that asks for addresses with arping, on one of its links.</summary>
internal sealed partial record Neighbour(NetworkHost Host, string Link = "eth0")
{
    /// <summary>The MACs that answered within two seconds, in order and once each.</summary>
    internal string[] Ask(string address)
    {
        // -b: broadcasts only; else it goes on asking the first answerer alone, and a second one stays unseen.
        var (_, output, error) = Shell.TryRun("ip", "netns", "exec", Host.Name, "arping", "-b", "-c", "2", "-w", "2", "-I", Link, address);
        Assert.True(output.Contains($"ARPING {address}", StringComparison.Ordinal), output + error);
        return [.. Macs().Matches(output).Select(m => m.Value.ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal)];
    }

    internal bool IsAnswered(string address) => Ask(address).Length > 0;

    internal static string MacOf(NetworkHost host, string link) => host.Script($"cat /sys/class/net/{link}/address").Trim();

    [GeneratedRegex("([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")]
    private static partial Regex Macs();
}
