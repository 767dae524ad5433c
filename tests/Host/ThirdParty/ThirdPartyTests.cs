using System.IO.Compression;
using System.Security.Cryptography;
using NetAgent.Contracts;
using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;
using NetAgent.TestKit;

namespace NetAgent.Host.Tests.ThirdParty;

/// <summary>The way of somebody who has the packages and not the repository. Takes a minute: real packs and builds.</summary>
public sealed class ThirdPartyTests : IDisposable
{
    private readonly DotnetCommand _dotnet = new();

    public void Dispose() => _dotnet.Dispose();

    [Fact]
    public async Task The_sample_outside_the_solution_builds_against_the_package_and_runs_from_the_drop_in_directory()
    {
        await _dotnet.PackAsync("contracts", "--no-build");
        CheckPackage();
        var source = Path.Combine(_dotnet.Folder, "samples");
        Copy(Path.Combine(RepositoryRoot.Path, "samples"), source);
        var dropIn = Path.Combine(_dotnet.Folder, "drop-in");
        await _dotnet.BuildAsync("publish", Path.Combine(source, "HelloChain"), "-c", "Release", "-o", Path.Combine(dropIn, "hello-chain"));

        Assert.Equal(["HelloChain.dll"], Files(Path.Combine(dropIn, "hello-chain")).Where(file => file.EndsWith(".dll", StringComparison.Ordinal)));
        await RunsAsync(dropIn, "hello-chain", "config: {deny: [192.0.2.0/24, '2001:db8::/32']}", async rig =>
        {
            Assert.Equal(("0.3.0", $"{ContractVersion.Major}.{ContractVersion.Minor}"), (rig["hello-chain"].Version!.Split('+')[0], rig["hello-chain"].Contract));
            var chains = rig.Dataplane.Slices["hello-chain"].Rows.Values.SelectMany(rows => rows.Chains);
            Assert.Contains(new Chain(new(IpFamily.IPv4, "filter", "HELLO-CHAIN"), ["-s 192.0.2.0/24 -j DROP"]), chains);
            Assert.Contains(new Chain(new(IpFamily.IPv6, "filter", "HELLO-CHAIN"), ["-s 2001:db8::/32 -j DROP"]), chains);
            await Task.CompletedTask;
        });
    }

    [Theory]
    [InlineData("Wonder.Limits")]
    [InlineData("my-plugin")]
    public async Task The_template_gives_a_project_that_builds_tests_without_a_kernel_and_loads_in_both_isolations(string name)
    {
        await _dotnet.PackAsync("contracts", "--no-build");
        await _dotnet.PackAsync("templates");
        var hive = Path.Combine(_dotnet.Folder, "hive");
        var package = Directory.EnumerateFiles(_dotnet.Feed, "NetAgent.Templates.*.nupkg").Single();
        await DotnetCommand.SdkAsync(_dotnet.Folder, "new", "install", package, "--debug:custom-hive", hive);
        await DotnetCommand.SdkAsync(_dotnet.Folder, "new", "netagent-plugin", "-n", name, "--debug:custom-hive", hive);
        var project = Path.Combine(_dotnet.Folder, name);
        Assert.DoesNotContain(Files(project), file => file.Contains("Acme", StringComparison.Ordinal));

        await _dotnet.BuildAsync("build", Path.Combine(project, $"{name}.Tests"));
        var tests = Path.Combine(project, $"{name}.Tests", "bin", "Debug", "net10.0", $"{name}.Tests");
        Assert.Contains("Total: 2, Errors: 0, Failed: 0", await DotnetCommand.RunAsync(tests, project, "-noColor"), StringComparison.Ordinal);

        var dropIn = Path.Combine(_dotnet.Folder, "drop-in");
        Copy(Path.Combine(project, name, "bin", "Debug", "net10.0"), Path.Combine(dropIn, "limits"));
        foreach (var isolation in (string[])["inProcess", "process"])
        {
            await RunsAsync(dropIn, "limits", $"isolation: {isolation}, config: {{value: 8192}}", rig =>
            {
                Assert.Equal("8192", rig.Dataplane.Kernel["net/core/somaxconn"]);
                return Task.CompletedTask;
            });
        }
    }

    [Fact]
    public async Task The_guide_followed_word_for_word_ends_with_a_plugin_that_runs()
    {
        // What `make plugin-kit` leaves behind, from this build.
        var repository = Path.Combine(_dotnet.Folder, "repository");
        await _dotnet.PackAsync("contracts", "--no-build");
        await _dotnet.PackAsync("templates");
        Directory.CreateDirectory(Path.Combine(repository, "artifacts"));
        Directory.CreateSymbolicLink(Path.Combine(repository, "artifacts", "feed"), _dotnet.Feed);
        var guide = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", "plugins.md")).Split("```sh\n");
        Assert.Equal("make plugin-kit\nrepository=$PWD\n", guide[1].Split("```")[0]);
        var script = Path.Combine(_dotnet.Folder, "guide.sh");
        File.WriteAllText(script, $"set -e\nrepository={repository}\n{guide[2].Split("```")[0]}");

        var said = await _dotnet.FollowAsync(script);

        Assert.Contains("Failed: 0", said, StringComparison.Ordinal);
        var dropIn = Path.Combine(_dotnet.Folder, "Acme.Limits", "out");
        await RunsAsync(dropIn, "acme", "config: {value: 8192}", rig =>
        {
            Assert.Equal("8192", rig.Dataplane.Kernel["net/core/somaxconn"]);
            return Task.CompletedTask;
        }, Path.Combine(dropIn, "digests"));
    }

    private static async Task RunsAsync(string dropIn, string plugin, string entry, Func<Rig, Task> check, string? list = null)
    {
        var digests = list ?? Path.Combine(dropIn, "digests");
        if (list is null)
        {
            WriteDigests(dropIn, plugin, digests);
        }
        foreach (var path in Directory.EnumerateFileSystemEntries(dropIn, "*", SearchOption.AllDirectories).Append(dropIn))
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) & ~(UnixFileMode.GroupWrite | UnixFileMode.OtherWrite));
        }
        await using var rig = new Rig().Configure($"dropIn: {{directory: {dropIn}, digests: {digests}}}\nplugins: [{{name: {plugin}, {entry}}}]");
        await rig.RoundAsync();
        Assert.Equal((PluginState.Running, null), (rig[plugin].State, rig[plugin].LastError));
        await check(rig);
    }

    private static void WriteDigests(string dropIn, string plugin, string digests) => File.WriteAllLines(digests, Directory.EnumerateFiles(Path.Combine(dropIn, plugin))
            .Select(file => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}  {plugin}/{Path.GetFileName(file)}"));

    private void CheckPackage()
    {
        using var package = ZipFile.OpenRead(Directory.EnumerateFiles(_dotnet.Feed, "NetAgent.Contracts.*.nupkg").Single());
        var files = package.Entries.Select(entry => entry.FullName).ToHashSet();
        Assert.Superset(new HashSet<string>
        {
            "lib/net10.0/NetAgent.Contracts.dll", "lib/net10.0/NetAgent.Contracts.xml",
            "build/NetAgent.Contracts.props", "build/NetAgent.Contracts.targets", "build/NetAgent.Contracts.Version.props", "README.md",
        }, files);
    }

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal);

    private static void Copy(string from, string to)
    {
        foreach (var file in Files(from).Where(file => !file.Split('/').Any(part => part is "bin" or "obj")))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, file))!);
            File.Copy(Path.Combine(from, file), Path.Combine(to, file));
        }
    }
}
