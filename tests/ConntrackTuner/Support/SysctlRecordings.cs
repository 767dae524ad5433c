using NetAgent.TestKit;

namespace NetAgent.Plugins.Tests;

/// <summary>
/// What kube-proxy left in /proc/sys for a configuration. Two recordings lie here; all others are taken from tests/Golden or from
/// NETAGENT_RECORDINGS where they are.
/// </summary>
internal static class SysctlRecordings
{
    public static TheoryData<string> All()
    {
        var data = new TheoryData<string>();
        foreach (var file in Roots().SelectMany(root => Directory.GetFiles(root, "sysctl.txt", SearchOption.AllDirectories)).Order(StringComparer.Ordinal))
        {
            if (File.Exists(ProxyOf(file)) && Path.GetFileName(Path.GetDirectoryName(file)!).StartsWith("expected", StringComparison.Ordinal))
            {
                data.Add(file);
            }
        }
        return data;
    }

    public static Contracts.PluginConfiguration Configuration(string file) => JsonConfig.File(File.ReadAllText(ProxyOf(file)), ProxyOf(file));

    public static IEnumerable<(string Path, string Value)> Lines(string file) =>
        File.ReadLines(file).Where(l => l.Contains('=')).Select(l => l.Split('=')).Select(p => (p[0].Trim(), p[1].Trim()));

    private static string ProxyOf(string file) => Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(file)!)!, "proxy.json");

    private static IEnumerable<string> Roots() => new[]
    {
        Path.Combine(RepositoryRoot.Path, "tests", "ConntrackTuner", "Recordings"),
        Environment.GetEnvironmentVariable("NETAGENT_RECORDINGS") ?? Path.Combine(RepositoryRoot.Path, "tests", "Golden", "recordings"),
    }.Where(Directory.Exists);
}
