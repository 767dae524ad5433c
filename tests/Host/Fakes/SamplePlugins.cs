using NetAgent.TestKit;

namespace NetAgent.Host.Tests.Fakes;

/// <summary>A plugin directory of one test, filled with sample plugins built beside this assembly.</summary>
internal sealed class SamplePlugins : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("netagent-plugins-").FullName;

    /// <summary>Copies a sample in under a name of its own; returns its folder.</summary>
    public string Add(string sample, string? name = null)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var from = System.IO.Path.Combine(RepositoryRoot.Path, "artifacts", "bin", sample, configuration);
        var to = System.IO.Path.Combine(Path, name ?? sample.ToLowerInvariant());
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from, "*").Where(file => file.EndsWith(".dll", StringComparison.Ordinal) || file.EndsWith(".deps.json", StringComparison.Ordinal)))
        {
            File.Copy(file, System.IO.Path.Combine(to, System.IO.Path.GetFileName(file)));
        }
        return to;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
