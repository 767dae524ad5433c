using System.Text.RegularExpressions;
using NetAgent.TestKit;

namespace NetAgent.Architecture.Tests;

/// <summary>Which folder may know which, by the namespaces that its files use; namespaces follow folders.</summary>
public sealed partial class FolderCircleTests
{
    /// <summary>The host by direction of data, lowest first. A new arrow is a decision: it belongs here before it belongs into a file.</summary>
    private static readonly Dictionary<string, string[]> _hostMayUse = new()
    {
        ["Timing"] = [],
        ["Isolation.Wire"] = [],
        ["Configuration"] = ["Timing", "Isolation.Wire"],
        ["Gates"] = ["Configuration"],
        ["Logging"] = ["Configuration"],
        ["State"] = ["Configuration", "Isolation.Wire"],
        ["Cluster"] = ["Timing"],
        ["Status"] = ["Cluster", "Timing"],
        ["Serving"] = ["Configuration", "Status", "Timing"],
        ["Plugins.Discovery"] = [],
        ["Plugins.DropIn"] = ["Configuration", "Plugins.Discovery", "State"],
        ["Plugins.Loading"] = ["Plugins.Discovery", "Status"],
        ["Plugins.Calls"] = ["Plugins.Discovery", "Plugins.Loading"],
        ["Isolation"] = ["Configuration", "Isolation.Wire", "Plugins.Calls", "Plugins.Discovery", "Plugins.Loading"],
        ["Plugins.Supervision"] =
        [
            "Configuration", "Gates", "Isolation", "Plugins.Calls", "Plugins.Discovery", "Plugins.DropIn", "Plugins.Loading", "State", "Status", "Timing",
        ],
        ["Loop"] = ["Cluster", "Configuration", "Plugins.Supervision", "Status", "Timing"],
        ["Composition"] = ["Cluster", "Configuration", "Logging", "Loop", "Plugins.DropIn", "Serving", "State", "Status", "Timing"],
        ["Commands"] =
        [
            "Composition", "Configuration", "Isolation", "Logging", "Loop", "Plugins.Discovery", "Plugins.DropIn", "Plugins.Supervision", "Serving", "State", "Status",
        ],
    };

    /// <summary>Folders that know each other still. The list only gets shorter.</summary>
    private static readonly string[] _knownCircles =
    [
        "NetAgent.Plugins.ConntrackTuner.Configuration", "NetAgent.Plugins.ConntrackTuner.Planning",
        "NetAgent.Plugins.MasqAgent.Competitors", "NetAgent.Plugins.MasqAgent.Flags", "NetAgent.Plugins.MasqAgent.Nat",
        "NetAgent.Plugins.MasqAgent.Rules", "NetAgent.Plugins.MasqAgent.Settings",
    ];

    public static TheoryData<string> Projects => ["contracts", "host/NetAgent.Cluster", "host/NetAgent.Dataplane", "host/NetAgent.Host",
        "plugins/ipvs", "plugins/masq-agent", "plugins/conntrack-tuner", "plugins/metallb-arp", "plugins/shared"];

    [Fact]
    public void A_folder_of_the_host_uses_only_what_the_table_allows()
    {
        const string prefix = "NetAgent.Host.";
        var uses = Uses("host/NetAgent.Host").Where(use => use.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(use => use.Key[prefix.Length..], use => use.Value.Select(used => used[prefix.Length..]));
        Assert.Empty(uses.SelectMany(use => use.Value.Except(_hostMayUse.GetValueOrDefault(use.Key) ?? []).Select(used => $"{use.Key} -> {used}")));
        Assert.Empty(uses.Keys.Except(_hostMayUse.Keys));
    }

    [Fact]
    public void The_table_itself_has_no_circle() =>
        Assert.Empty(Circles(_hostMayUse.ToDictionary(use => use.Key, use => use.Value.ToHashSet())));

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_two_folders_know_each_other(string project) => Assert.Empty(Circles(Uses(project)).Except(_knownCircles));

    [Fact]
    public void Namespaces_of_the_host_follow_its_folders()
    {
        var root = Path.Combine(RepositoryRoot.Path, "host/NetAgent.Host");
        var strangers = Files("host/NetAgent.Host").Where(file => file.Namespace.Length > 0
            && file.Namespace != string.Join('.', ["NetAgent.Host", .. Path.GetRelativePath(root, Path.GetDirectoryName(file.Path)!).Split('/').Where(part => part != ".")]));
        Assert.Empty(strangers.Select(file => file.Path));
    }

    private static Dictionary<string, HashSet<string>> Uses(string project)
    {
        var files = Files(project).Where(file => file.Namespace.Length > 0).ToArray();
        var uses = files.Select(file => file.Namespace).Distinct().ToDictionary(name => name, _ => new HashSet<string>());
        foreach (var (_, name, text) in files)
        {
            // `using static` and aliases name a type, whose namespace is one level up.
            uses[name].UnionWith(Named().Matches(text).Select(match => match.Groups[1].Value)
                .Select(used => uses.ContainsKey(used) ? used : used[..Math.Max(0, used.LastIndexOf('.'))])
                .Where(used => used != name && uses.ContainsKey(used) && !name.StartsWith(used + ".", StringComparison.Ordinal)));
        }
        return uses;
    }

    private static IEnumerable<string> Circles(Dictionary<string, HashSet<string>> uses) => uses.Keys.Where(start =>
    {
        var reached = new HashSet<string>();
        var next = new Stack<string>(uses[start]);
        while (next.TryPop(out var name))
        {
            if (reached.Add(name))
            {
                uses.GetValueOrDefault(name)?.ToList().ForEach(next.Push);
            }
        }
        return reached.Contains(start);
    });

    private static IEnumerable<(string Path, string Namespace, string Text)> Files(string project)
    {
        foreach (var path in Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, project), "*.cs", SearchOption.AllDirectories))
        {
            var text = File.ReadAllText(path);
            yield return (path, Declared().Match(text).Groups[1].Value, text);
        }
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Declared();

    // Directives, and names written out in full.
    [GeneratedRegex(@"(?:^using (?:static )?(?:\w+ = )?|(?<![\w.])(?=NetAgent\.))([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Named();
}
