using NetAgent.TestKit;

namespace NetAgent.Golden.Tests;

/// <summary>What ip-masq-agent 2.12.6 programmed for each file and flags, the masq-agent plugin programs too.</summary>
public sealed class MasqAgentRecordingTests
{
    private static string Root => Path.Combine(Recording.Root, "masq");

    public static TheoryData<string> Names => new(Directory.Exists(Root)
        ? Directory.GetDirectories(Root).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)
        : []);

    [KernelTheory]
    [MemberData(nameof(Names))]
    public void Programs_what_was_recorded_and_cleans_up(string name)
    {
        var recording = Path.Combine(Root, name);
        // A refused file leaves the peer without any rule; we then run on the defaults (docs/differences.md).
        var isRefused = new FileInfo(Path.Combine(recording, "error.txt")) is { Exists: true, Length: > 0 };
        var expected = isRefused ? Path.Combine(Root, "01-no-file") : recording;
        using var node = new RecordedNode();
        var file = Path.Combine(recording, "config");
        if (File.Exists(file))
        {
            File.Copy(file, Path.Combine(node.Folder, "config"));
        }
        File.Copy(Path.Combine(Directory.GetDirectories(Recording.Root).Order(StringComparer.Ordinal).First(), "cluster.json"),
            Path.Combine(node.Manifests, "cluster.json"));
        var flags = File.ReadAllText(Path.Combine(recording, "flags")).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        node.Configure($"""
            - name: masq-agent
              configFile: config
              args: [{string.Join(", ", flags.Select(flag => $"'{flag}'"))}]
            """);
        node.RunOnce(isRefused ? 1 : 0);
        Assert.Equal("", Compare(expected));
        node.CleanUp();
    }

    private static string Compare(string expected)
    {
        var report = "";
        foreach (var (file, tool) in new[] { ("expected4.txt", "iptables"), ("expected6.txt", "ip6tables") })
        {
            var difference = TextDiff.Between(File.ReadAllText(Path.Combine(expected, file)), KernelDump.Iptables(tool, "nat"));
            report += difference.Length > 0 ? $"{Path.GetFileName(expected)}/{file}:\n{difference}" : "";
        }
        return report;
    }
}
