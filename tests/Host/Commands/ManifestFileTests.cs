using Microsoft.Extensions.Logging.Abstractions;
using NetAgent.Cluster;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Commands;

/// <summary>What stands among the manifests and is no regular file, or more than memory should hold.</summary>
public sealed class ManifestFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netagent-manifests").FullName;

    private string Bad => Path.Combine(_folder, "bad.yaml");

    [Theory]
    [InlineData("fifo", "is a FIFO; only regular files are read")]
    [InlineData("device", "is a character device; only regular files are read")]
    [InlineData("large", "has 257 MiB; 256 MiB is the most that is read")]
    public async Task It_is_named_the_other_files_go_in_and_the_source_still_ends(string what, string problem)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "good.yaml"), "{apiVersion: v1, kind: Node, metadata: {name: node-1}}", TestContext.Current.CancellationToken);
        Make(what);
        using var stop = new CancellationTokenSource();
        await using var cluster = RealBackends.Create().OpenCluster(Settings, "node-1", NullLogger.Instance);

        var running = await SpecialFile.SoonAsync(() => cluster.RunAsync(stop.Token));

        var notice = Assert.Single(cluster.Notices);
        Assert.StartsWith($"{Bad}: cannot be read: {Bad} {problem}", notice.Message, StringComparison.Ordinal);
        Assert.Equal("node-1", cluster.Take().State.Node?.Name);
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Who_asks_for_all_Nodes_does_not_wait_at_it_either()
    {
        Make("fifo");
        var refusal = await SpecialFile.SoonAsync(() => Record.Exception(() => RealBackends.Create().ReadNodes(Settings, TestContext.Current.CancellationToken).IsCompleted));
        Assert.Contains($"{Bad} is a FIFO", Assert.IsType<IOException>(refusal).Message, StringComparison.Ordinal);
    }

    private ClusterSettings Settings => new(null, null, _folder);

    private void Make(string what)
    {
        switch (what)
        {
            case "fifo":
                SpecialFile.Fifo(Bad);
                break;
            case "device":
                File.CreateSymbolicLink(Bad, "/dev/zero");
                break;
            default:
                // Sparse: it takes no room.
                using (var file = File.Create(Bad))
                {
                    file.SetLength(ManifestSource.FileLimit + (1 << 20));
                }
                break;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
