using System.Text.RegularExpressions;
using NetAgent.Contracts;
using NetAgent.Host.Configuration;
using NetAgent.Host.Isolation;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.Tests.Fakes;
using NetAgent.Host.Tests.Isolation;
using NetAgent.Host.Tests.ThirdParty;
using NetAgent.TestKit;

namespace NetAgent.Host.Tests.Contract;

/// <summary>
/// A minor adds members that may be left out. Here every record of the contract's source gets one, and an agent and a plugin that were compiled
/// before run on the outcome.
/// </summary>
public sealed partial class GrownContractTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("netagent-grown-");
    private readonly SamplePlugins _plugins = new();

    public void Dispose()
    {
        _plugins.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_plugin_that_was_compiled_before_a_minor_added_members_runs_with_it()
    {
        var agent = await AgentWithGrownContractAsync();
        Assert.EndsWith($"contract {ContractVersion.Major}.{ContractVersion.Minor + 1}\n", await DotnetCommand.RunAsync(agent, _folder.FullName, "version"), StringComparison.Ordinal);

        _plugins.Add("Mirror");
        using var plugin = new IsolatedPlugin(agent, PluginCatalog.Find(_plugins.Path, "mirror").Image!, new(PluginIsolation.StandardMemoryLimit));
        var slice = new InMemorySlice { Claims = plugin.Configure(new()).Claims };
        plugin.Reconcile(
            new() { Cluster = Sample.Cluster(3, 2), Facts = Sample.Facts, Changed = ClusterChange.All, NodeName = "node-1", Now = DateTimeOffset.UnixEpoch },
            slice, TestContext.Current.CancellationToken);

        Assert.Equal([VirtualServerClaim.All], slice.Claims.VirtualServers);
        // One scope a Service, and one of the set.
        Assert.Equal(4, slice.Scopes.Count);
        Assert.NotEmpty(slice.VirtualServers.Rows);
        Assert.NotEmpty(slice.RealServers.Rows);
    }

    private async Task<string> AgentWithGrownContractAsync()
    {
        var source = Directory.CreateDirectory(Path.Combine(_folder.FullName, "contracts")).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "contracts"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(source, Path.GetRelativePath(Path.Combine(RepositoryRoot.Path, "contracts"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.WriteAllText(copy, Body().Replace(File.ReadAllText(file), "$0    /// <summary>Added.</summary>\n    public int Later { get; init; }\n\n"));
        }
        foreach (var file in (string[])["Directory.Build.props", "Directory.Packages.props", "BannedSymbols.txt"])
        {
            File.Copy(Path.Combine(RepositoryRoot.Path, file), Path.Combine(_folder.FullName, file));
        }
        await DotnetCommand.SdkAsync(_folder.FullName, "build", source, "-c", "Release", "--nologo", "-v", "q",
            "-p:UseSharedCompilation=false", "-p:RunAnalyzers=false", $"-p:NetAgentContractLatestMinor={ContractVersion.Minor + 1}");

        var agent = Directory.CreateDirectory(Path.Combine(_folder.FullName, "agent")).FullName;
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
        {
            File.Copy(file, Path.Combine(agent, Path.GetFileName(file)));
        }
        File.Copy(Path.Combine(_folder.FullName, "artifacts/bin/NetAgent.Contracts/release/NetAgent.Contracts.dll"), Path.Combine(agent, "NetAgent.Contracts.dll"), overwrite: true);
        return Path.Combine(agent, "netagent");
    }

    [GeneratedRegex(@"^public (?:sealed record|readonly record struct) \w+[^;{]*\n\{\n", RegexOptions.Multiline)]
    private static partial Regex Body();
}
