using System.Text;
using NetAgent.TestKit;

namespace NetAgent.Golden.Tests;

/// <summary>One scenario's folder. A file under <c>ours/</c> replaces the recorded one where docs/differences.md says why.</summary>
internal sealed class Recording(string name)
{
    internal static string Root { get; } =
        Environment.GetEnvironmentVariable("NETAGENT_RECORDINGS") ?? Path.Combine(RepositoryRoot.Path, "tests", "Golden", "recordings");

    internal string Folder { get; } = Path.Combine(Root, name);

    internal string ProxyConfiguration => Path.Combine(Folder, "proxy.json");

    internal string Cluster => Path.Combine(Folder, "cluster.json");

    internal string? SecondCluster => File.Exists(Path.Combine(Folder, "cluster2.json")) ? Path.Combine(Folder, "cluster2.json") : null;

    internal static IEnumerable<string> Names(bool twoStates) => Directory.GetDirectories(Root)
        .Where(folder => File.Exists(Path.Combine(folder, "cluster.json")))
        .Where(folder => File.Exists(Path.Combine(folder, "cluster2.json")) == twoStates)
        .Select(folder => Path.GetFileName(folder)!)
        .Order(StringComparer.Ordinal);

    /// <summary>All differences between the kernel and a recorded state, readable; empty when there are none.</summary>
    internal string Compare(string state)
    {
        var report = new StringBuilder();
        foreach (var file in KernelDump.Files)
        {
            var recorded = Read(state, file);
            if (recorded is null)
            {
                continue;
            }
            var difference = TextDiff.Between(recorded, KernelDump.Take(file, recorded));
            if (difference.Length > 0)
            {
                report.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"{Path.GetFileName(Folder)} {state}/{file}:").Append(difference);
            }
        }
        return report.ToString();
    }

    private string? Read(string state, string file)
    {
        var ours = Path.Combine(Folder, "ours", state, file);
        var path = File.Exists(ours) ? ours : Path.Combine(Folder, state, file);
        if (!File.Exists(path))
        {
            return null;
        }
        var text = File.ReadAllText(path);
        return file.Contains("tables", StringComparison.Ordinal) ? KernelDump.Normalised(text.TrimEnd()) : text;
    }
}
