using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Network;

/// <summary>net.* of a network namespace, to see that cleanup leaves it as it was.</summary>
internal static class Sysctls
{
    // Counters and what follows from entries now there.
    private const string Filter = "sysctl -a 2>/dev/null | grep '^net\\.' | grep -vE 'nf_conntrack_count|random|kube-ipvs0' | sort";

    internal static string[] Of(NetworkHost host) => host.Script(Filter).Split('\n');

    internal static string[] OfInitialNamespace() => Shell.Script(Filter).Split('\n');

    /// <summary>Lines of one and not of the other.</summary>
    internal static string Between(string[] before, string[] after) =>
        string.Join('\n', before.Except(after).Select(l => "- " + l).Concat(after.Except(before).Select(l => "+ " + l)));
}
