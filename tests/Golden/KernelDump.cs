using System.Text.RegularExpressions;
using NetAgent.TestKit;

namespace NetAgent.Golden.Tests;

/// <summary>The kernel's state in the recordings' normal form, by file name.</summary>
internal static partial class KernelDump
{
    internal static readonly string[] Files =
    [
        "ipvs.txt", "addresses.txt", "link.txt", "ipset.txt", "iptables-nat.txt", "iptables-filter.txt", "iptables-mangle.txt",
        "ip6tables-nat.txt", "ip6tables-filter.txt", "ip6tables-mangle.txt", "ipvs-timeout.txt", "sysctl.txt",
    ];

    internal static string Take(string file, string recorded) => file switch
    {
        "ipvs.txt" => Sorted(Shell.Run("ipvsadm", "-Sn")),
        "addresses.txt" => Sorted(Prefixes().Replace(Shell.TryRun("ip", "-o", "addr", "show", "dev", "kube-ipvs0").Output, "$1")),
        "link.txt" => LinkFlags(),
        "ipset.txt" => Sorted(SetSizes().Replace(Shell.Run("ipset", "save"), "")),
        "ipvs-timeout.txt" => Shell.Run("ipvsadm", "-L", "--timeout"),
        "sysctl.txt" => Sysctls(recorded),
        _ => Iptables(file[..file.IndexOf('-')], file[(file.IndexOf('-') + 1)..^4]),
    };

    internal static string Iptables(string tool, string table)
    {
        var text = Shell.Run(tool + "-save", "-t", table);
        var lines = text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => Counters().Replace(line, ""));
        return Normalised(string.Join('\n', lines));
    }

    /// <summary>The peer writes the rules of one chain in a random order; both sides are compared with them sorted.</summary>
    internal static string Normalised(string iptables)
    {
        const string Unordered = "-A KUBE-IPVS-OUT-FILTER ";
        var lines = iptables.Split('\n');
        var first = Array.FindIndex(lines, line => line.StartsWith(Unordered, StringComparison.Ordinal));
        if (first >= 0)
        {
            var count = lines.Skip(first).TakeWhile(line => line.StartsWith(Unordered, StringComparison.Ordinal)).Count();
            Array.Sort(lines, first, count, StringComparer.Ordinal);
        }
        return string.Join('\n', lines);
    }

    private static string Sorted(string text) =>
        string.Join('\n', text.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0).Order(StringComparer.Ordinal));

    private static string LinkFlags()
    {
        var match = LinkFlagList().Match(Shell.TryRun("ip", "-o", "link", "show", "dev", "kube-ipvs0").Output);
        return match.Value;
    }

    private static string Sysctls(string recorded) => string.Join('\n', recorded.Split('\n').Where(line => line.Length > 0).Select(line =>
    {
        var path = line[..line.IndexOf(' ')];
        return $"{path} = {File.ReadAllText("/proc/sys/" + path).Trim()}";
    }));

    [GeneratedRegex(@".*? inet6? (\S+) .*")]
    private static partial Regex Prefixes();

    [GeneratedRegex(@" (hashsize|bucketsize|initval) \S+")]
    private static partial Regex SetSizes();

    [GeneratedRegex(@" ?\[\d+:\d+\]")]
    private static partial Regex Counters();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex LinkFlagList();
}
