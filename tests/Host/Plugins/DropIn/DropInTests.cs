using System.Security.Cryptography;
using NetAgent.Dataplane.Files;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.Plugins.DropIn;
using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Plugins.DropIn;

public sealed partial class DropInTests : IDisposable
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
    public void A_refusal_names_the_delivered_folder_and_not_its_copy()
    {
        foreach (var dll in Directory.EnumerateFiles(_folder, "*.dll").Where(dll => !dll.EndsWith("SampleLibrary.dll", StringComparison.Ordinal)))
        {
            File.Delete(dll);
        }
        Write(Digests());

        Refused("NoPluginAssembly", $"no DLL in {_folder} carries");
    }

    [Fact]
    public async Task A_drop_in_that_the_images_plugin_of_that_name_shadows_is_named()
    {
        await using var rig = new Rig();
        rig.Plugins.Add("Steady", "third-party");
        rig.Configure($"plugins: [{{name: third-party}}]\ndropIn: {{directory: {_plugins.Path}, digests: {Path.Combine(_plugins.Path, "digests")}}}");
        await rig.RoundAsync();

        Assert.Equal((PluginState.Running, "DropInIgnored"), (rig["third-party"].State, rig["third-party"].Reason));
        Assert.Contains(rig.Log.Lines, line => line.StartsWith($"Warning: third-party DropInIgnored: {_folder} is ignored", StringComparison.Ordinal));

        Directory.Delete(_folder, recursive: true);
        rig.Time.Advance(TimeSpan.FromSeconds(31));
        await rig.RoundAsync();
        Assert.Null(rig["third-party"].Reason);
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

    [Theory]
    [InlineData("UsesLibraryOne.dll")]
    [InlineData("pipe")]
    public async Task A_FIFO_is_refused_by_name_and_not_waited_for(string file)
    {
        SpecialFile.Fifo(Path.Combine(_folder, file));

        var refusal = (await SpecialFile.SoonAsync(() => Find())).Refusal!;

        Assert.Equal(("NotRegular", "delete it"), (refusal.Reason, refusal.Fix));
        Assert.Contains($"{file} is a FIFO", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_is_a_FIFO_is_refused_by_name()
    {
        SpecialFile.Fifo(Path.Combine(_plugins.Path, "digests"));

        var refusal = (await SpecialFile.SoonAsync(() => Find())).Refusal!;

        Assert.Contains("digests is a FIFO", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_socket_is_refused_by_name()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Path.Combine(_folder, "socket")));

        Refused("NotRegular", "socket is a socket");
    }

    [Fact]
    public void A_huge_file_is_refused_with_the_limit_before_a_byte_of_it_is_read()
    {
        using (var file = File.Create(Path.Combine(_folder, "huge.dll")))
        {
            file.SetLength(1L << 40);
        }
        Protect(_folder);

        Refused("TooMuch", "huge.dll has 1048576 MiB; a file may have 64");
    }

    [Fact]
    public void A_folder_with_too_many_files_is_refused()
    {
        for (var i = 0; i <= 1000; i++)
        {
            File.WriteAllText(Path.Combine(_folder, $"{i}"), "");
        }
        Protect(_folder);

        Refused("TooMuch", "more than 1000 entries");
    }

    [Fact]
    public async Task A_link_to_a_folder_is_refused_and_not_walked()
    {
        Directory.CreateSymbolicLink(Path.Combine(_folder, "all"), "/");

        var refusal = (await SpecialFile.SoonAsync(() => Find())).Refusal!;

        Assert.Equal("SymbolicLink", refusal.Reason);
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
        Assert.DoesNotContain(_plugins.Path, rig["third-party"].LastError, StringComparison.Ordinal);

        rig.Configure($"plugins: [{{name: third-party}}]\ndropIn: {{directory: {_plugins.Path}, digests: {Path.Combine(_plugins.Path, "digests")}}}");
        await rig.RoundAsync();
        Assert.Equal(PluginState.Running, rig["third-party"].State);
    }

    [Fact]
    public async Task A_plugin_that_is_nowhere_is_refused_with_both_places_and_the_nearest_name_of_either()
    {
        await using var rig = new Rig().Configure($"plugins: [{{name: ghost}}, {{name: third-part}}]\ndropIn: {{directory: {_plugins.Path}, digests: {Path.Combine(_plugins.Path, "digests")}}}");
        await rig.RoundAsync();

        Assert.Contains($"there is no folder {rig.Plugins.Path}/ghost and no folder {_plugins.Path}/ghost", rig["ghost"].LastError, StringComparison.Ordinal);
        Assert.Contains("did you mean 'third-party'?", rig["third-part"].LastError, StringComparison.Ordinal);
    }

    private PluginSearchResult Find(string? digests = null) =>
        new DropInStage(new(_plugins.Path, digests ?? Path.Combine(_plugins.Path, "digests")), _state.FullName).Find("third-party");

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
