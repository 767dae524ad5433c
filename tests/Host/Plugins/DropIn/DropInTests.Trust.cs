using NetAgent.Dataplane.Files;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.Plugins.DropIn;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Plugins.DropIn;

/// <summary>Who could put another file there between check and use.</summary>
public sealed partial class DropInTests
{
    [Theory]
    [InlineData(UnixFileMode.OtherWrite)]
    [InlineData(UnixFileMode.OtherWrite | UnixFileMode.StickyBit)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void A_drop_in_directory_that_others_may_write_is_refused_as_they_could_exchange_what_is_in_it(UnixFileMode mode)
    {
        using var list = new TemporaryList(Digests());
        File.SetUnixFileMode(_plugins.Path, File.GetUnixFileMode(_plugins.Path) | mode);

        var refusal = Find(list.Path).Refusal!;

        Assert.Equal("WritableByOthers", refusal.Reason);
        Assert.StartsWith($"{_plugins.Path} is writable", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_above_that_others_may_write_is_refused_unless_the_sticky_bit_keeps_what_is_in_it()
    {
        var above = Directory.CreateDirectory(Path.Combine(_state.FullName, "above"));
        var directory = Path.Combine(above.FullName, "drop-in");
        Directory.Move(_plugins.Path, directory);
        try
        {
            File.SetUnixFileMode(above.FullName, (UnixFileMode)Convert.ToInt32("777", 8));
            Assert.Equal("WritableByOthers", In(directory).Refusal!.Reason);

            File.SetUnixFileMode(above.FullName, (UnixFileMode)Convert.ToInt32("1777", 8));
            Assert.Null(In(directory).Refusal);
        }
        finally
        {
            Directory.Move(directory, _plugins.Path);
        }

        PluginSearchResult In(string place) => new DropInStage(new(place, Path.Combine(place, "digests")), _state.FullName).Find("third-party");
    }

    [Fact]
    public void A_list_in_a_directory_that_others_may_write_is_refused()
    {
        using var list = new TemporaryList(Digests());
        Assert.Null(Find(list.Path).Refusal);

        File.SetUnixFileMode(Path.GetDirectoryName(list.Path)!, (UnixFileMode)Convert.ToInt32("1777", 8));

        Assert.Equal("WritableByOthers", Find(list.Path).Refusal!.Reason);
    }

    [Fact]
    public void What_took_a_files_place_after_the_check_is_refused_by_the_handle_that_is_copied()
    {
        var file = Path.Combine(_folder, "UsesLibraryOne.dll");
        File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.OtherWrite);

        var refused = Assert.Throws<PluginRefusedException>(() => DropInStage.Copy(file, Path.Combine(_state.FullName, "copy"), "third-party"));

        Assert.Equal("WritableByOthers", refused.Refusal.Reason);
        Assert.False(File.Exists(Path.Combine(_state.FullName, "copy")));
    }

    [Fact]
    public void A_list_in_a_mounted_ConfigMap_is_followed_through_its_links_and_swaps()
    {
        using var map = new TemporaryList(Digests());
        map.BecomeConfigMap("..2026_11_21");
        Assert.Null(Find(map.Path).Refusal);
        var before = DropInFolder.Stamp(new(_plugins.Path, map.Path), "third-party");

        map.Swap("..2026_11_22", "# nothing\n");

        Assert.NotEqual(before, DropInFolder.Stamp(new(_plugins.Path, map.Path), "third-party"));
        Assert.Equal("UnlistedFile", Find(map.Path).Refusal!.Reason);
    }

    [Fact]
    public void A_list_that_links_out_of_its_directory_is_refused()
    {
        using var list = new TemporaryList("");
        File.Delete(list.Path);
        File.CreateSymbolicLink(list.Path, Path.Combine(_plugins.Path, "digests"));

        var refusal = Find(list.Path).Refusal!;

        Assert.Equal("SymbolicLink", refusal.Reason);
        Assert.Contains("leads out of", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ConfigMap_whose_inner_directory_others_may_write_or_own_is_refused()
    {
        using var map = new TemporaryList(Digests());
        var inner = map.BecomeConfigMap("..2026_11_21");
        File.SetUnixFileMode(inner, (UnixFileMode)Convert.ToInt32("777", 8));
        Assert.Equal("WritableByOthers", Find(map.Path).Refusal!.Reason);
        File.SetUnixFileMode(inner, (UnixFileMode)Convert.ToInt32("755", 8));
        Assert.Null(Find(map.Path).Refusal);

        Assert.SkipUnless(FileOwner.Self() == 0, "needs root to give links away");
        using var chown = System.Diagnostics.Process.Start("chown", ["-h", "1234", Path.Combine(Path.GetDirectoryName(map.Path)!, "..data")]);
        chown.WaitForExit();
        Assert.Equal("WrongOwner", Find(map.Path).Refusal!.Reason);
    }

    [Fact]
    public void A_stage_that_is_a_link_is_refused_and_nothing_behind_it_is_touched()
    {
        var foreign = Directory.CreateDirectory(Path.Combine(_plugins.Path, "foreign", "third-party", "precious"));
        Directory.CreateSymbolicLink(Path.Combine(_state.FullName, "drop-in"), Path.Combine(_plugins.Path, "foreign"));

        Assert.Equal("StageNotPrivate", Find().Refusal!.Reason);
        var stage = new StageFolders(_state.FullName);
        stage.Keep([]);

        Assert.True(Directory.Exists(foreign.FullName), "a tree behind the link was deleted");
        Assert.Equal(["precious"], foreign.Parent!.EnumerateFileSystemInfos().Select(entry => entry.Name));
        Assert.Contains("symbolic link", stage.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plugins_stage_that_is_a_link_is_refused_and_nothing_behind_it_is_touched()
    {
        var foreign = Directory.CreateDirectory(Path.Combine(_plugins.Path, "foreign", "precious"));
        Find();
        Directory.Delete(Path.Combine(_state.FullName, "drop-in", "third-party"), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(_state.FullName, "drop-in", "third-party"), Path.Combine(_plugins.Path, "foreign"));

        Assert.Equal("StageNotPrivate", Find().Refusal!.Reason);
        new StageFolders(_state.FullName).Keep([]);

        Assert.True(Directory.Exists(foreign.FullName), "a tree behind the link was deleted");
    }
}
