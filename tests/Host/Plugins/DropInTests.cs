using System.Security.Cryptography;
using NetAgent.Dataplane.Linux;
using NetAgent.Host.Plugins;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Plugins;

public sealed class DropInTests : IDisposable
{
    private readonly SamplePlugins _plugins = new();
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("netagent-state-");
    private readonly string _folder;

    public DropInTests()
    {
        _folder = _plugins.Add("UsesLibraryOne", "third-party");
        Protect(_plugins.Path);
        Write(Digests());
    }

    public void Dispose()
    {
        _plugins.Dispose();
        _state.Delete(recursive: true);
    }

    [Fact]
    public void A_listed_plugin_is_copied_to_a_private_place_and_found_there()
    {
        var found = Find();

        Assert.Null(found.Refusal);
        Assert.StartsWith(_state.FullName, found.Image!.AssemblyPath, StringComparison.Ordinal);
        Assert.True(found.Image.IsDropIn);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(_state.FullName, "drop-in", "third-party")));
    }

    [Fact]
    public void One_changed_byte_is_refused()
    {
        var library = Path.Combine(_folder, "SampleLibrary.dll");
        var bytes = File.ReadAllBytes(library);
        bytes[^1] ^= 1;
        File.WriteAllBytes(library, bytes);

        Refused("DigestMismatch", "SampleLibrary.dll");
    }

    [Fact]
    public void A_file_that_is_not_listed_is_refused()
    {
        File.WriteAllText(Path.Combine(_folder, "extra.so"), "");
        Protect(_folder);

        Refused("UnlistedFile", "extra.so");
    }

    [Fact]
    public void A_listed_file_that_is_missing_is_refused()
    {
        File.Delete(Path.Combine(_folder, "UsesLibraryOne.deps.json"));

        Refused("MissingFile", "third-party/UsesLibraryOne.deps.json");
    }

    [Fact]
    public void A_link_out_of_the_folder_is_refused()
    {
        File.CreateSymbolicLink(Path.Combine(_folder, "passwd"), "/etc/passwd");

        Refused("SymbolicLink", "/etc/passwd");
    }

    [Fact]
    public void A_folder_that_is_a_link_is_refused()
    {
        Directory.Move(_folder, _folder + "-real");
        Directory.CreateSymbolicLink(_folder, _folder + "-real");

        Refused("SymbolicLink", "third-party-real");
    }

    [Theory]
    [InlineData("UsesLibraryOne.dll")]
    [InlineData("")]
    [InlineData("../digests")]
    public void What_others_may_write_is_refused(string file)
    {
        var path = Path.GetFullPath(Path.Combine(_folder, file));
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupWrite);

        Refused("WritableByOthers", path.TrimEnd('/'));
    }

    [Fact]
    public void A_file_of_another_user_is_refused()
    {
        Assert.SkipUnless(FileOwner.Self() == 0, "needs root to give files away");
        using var chown = System.Diagnostics.Process.Start("chown", ["1234", Path.Combine(_folder, "UsesLibraryOne.dll")]);
        chown.WaitForExit();

        Refused("WrongOwner", "1234");
    }

    [Fact]
    public void Development_settings_that_pull_DLLs_from_elsewhere_are_refused_even_when_listed()
    {
        File.WriteAllText(Path.Combine(_folder, "UsesLibraryOne.runtimeconfig.dev.json"), "{}");
        Protect(_folder);
        Write(Digests());

        Refused("DevelopmentFile", "runtimeconfig.dev.json");
    }

    [Fact]
    public void A_list_that_is_none_is_named_with_its_line()
    {
        Write("# fine\nnot a digest\n");

        Refused("DropInUnreadable", "digests:2: 'not a digest'");
    }

    [Fact]
    public async Task Drop_in_is_off_until_it_is_configured()
    {
        await using var rig = new Rig().Configure("plugins: [{name: third-party}]");
        await rig.RoundAsync();
        Assert.Equal("NotFound", rig["third-party"].Reason);

        rig.Configure($"plugins: [{{name: third-party}}]\ndropIn: {{directory: {_plugins.Path}, digests: {Path.Combine(_plugins.Path, "digests")}}}");
        await rig.RoundAsync();
        Assert.Equal(PluginState.Running, rig["third-party"].State);
    }

    private PluginSearchResult Find() => new DropInStage(new(_plugins.Path, Path.Combine(_plugins.Path, "digests")), _state.FullName).Find("third-party");

    private void Refused(string reason, string named)
    {
        var refusal = Find().Refusal;
        Assert.NotNull(refusal);
        Assert.Equal(reason, refusal.Reason);
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refusal.Fix);
    }

    private void Write(string digests)
    {
        File.WriteAllText(Path.Combine(_plugins.Path, "digests"), digests);
        Protect(_plugins.Path);
    }

    private string Digests() => string.Concat(Directory.EnumerateFiles(_folder)
        .Select(file => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}  third-party/{Path.GetFileName(file)}\n"));

    private static void Protect(string folder)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Append(folder))
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) & ~(UnixFileMode.GroupWrite | UnixFileMode.OtherWrite));
        }
    }
}
