using NetAgent.Host.Configuration;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Configuration;

public sealed class ConfigurationStoreTests
{
    [Fact]
    public async Task A_bad_file_leaves_the_last_good_configuration_in_force_and_says_why()
    {
        await using var rig = new Rig().Configure("verifyPeriod: 5s");
        Assert.True(rig.Store.Reload());

        rig.Configure("verifyPeriod: tomorrow");
        Assert.False(rig.Store.Reload());

        Assert.Equal(TimeSpan.FromSeconds(5), rig.Store.Current!.Agent.VerifyPeriod);
        Assert.Contains("agent.yaml:6: verifyPeriod: 'tomorrow'", rig.Store.Refusal, StringComparison.Ordinal);

        rig.Configure("verifyPeriod: 6s");
        Assert.True(rig.Store.Reload());
        Assert.Null(rig.Store.Refusal);
    }

    [Fact]
    public async Task A_file_that_does_not_parse_or_vanished_is_no_new_configuration()
    {
        await using var rig = new Rig().Configure("");
        rig.Store.Reload();

        File.WriteAllText(rig.ConfigPath, "{");
        Assert.False(rig.Store.Reload());
        Assert.NotNull(rig.Store.Refusal);

        File.Delete(rig.ConfigPath);
        Assert.False(rig.Store.Reload());
        Assert.Contains("there is no such file", rig.Store.Refusal, StringComparison.Ordinal);
        Assert.NotNull(rig.Store.Current);
    }

    [Fact]
    public async Task A_file_named_relative_to_the_working_directory_is_watched_too()
    {
        await using var rig = new Rig().Configure("verifyPeriod: 5s");
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, rig.ConfigPath);
        var stamps = new FileStamps();
        Assert.True(stamps.HaveChanged([relative, "no-such-file"]));
        Assert.False(stamps.HaveChanged([relative, "no-such-file"]));

        rig.Configure("verifyPeriod: 6s");

        Assert.True(stamps.HaveChanged([relative, "no-such-file"]));
    }

    [Fact]
    public async Task A_folder_in_a_files_place_gives_its_files_by_name_and_is_followed()
    {
        await using var rig = new Rig();
        var folder = Directory.CreateDirectory(Path.Combine(rig.Folder, "config")).FullName;
        File.WriteAllText(Path.Combine(folder, "ip-masq-b"), "{b: 1}");
        File.WriteAllText(Path.Combine(folder, "ip-masq-a"), "{a: 1}");
        File.WriteAllText(Path.Combine(folder, ".hidden"), "{h: 1}");
        Directory.CreateDirectory(Path.Combine(folder, "..2026_11_21"));
        rig.Configure("plugins:\n- name: a\n  configFile: config\n  config: {x: 1}");
        Assert.True(rig.Store.TakeNews());

        var setup = rig.Store.Current!.Plugins["a"].Configuration;
        Assert.Equal([("ip-masq-a", folder), ("ip-masq-b", folder)], setup.Files.Select(f => (Path.GetFileName(f.Path), f.Folder!)));
        Assert.Equal(rig.ConfigPath, setup.InlineSource);
        Assert.False(rig.Store.TakeNews());

        File.WriteAllText(Path.Combine(folder, "ip-masq-c"), "{c: 1}");
        Assert.True(rig.Store.TakeNews());
        Assert.Equal(3, rig.Store.Current!.Plugins["a"].Configuration.Files.Count);
        File.Delete(Path.Combine(folder, "ip-masq-a"));
        Assert.True(rig.Store.TakeNews());
        Assert.Equal(2, rig.Store.Current!.Plugins["a"].Configuration.Files.Count);
    }

    [Fact]
    public async Task Moving_an_entry_about_in_the_file_is_no_new_configuration_for_its_plugin()
    {
        await using var rig = new Rig().Configure("plugins:\n- name: a\n  config: {x: 1}\n- name: b");
        rig.Store.Reload();
        var before = rig.Store.Current!.Plugins["a"].Digest;

        rig.Configure("plugins:\n- name: b\n- name: a\n  config:\n    x: 1");
        Assert.True(rig.Store.Reload());

        Assert.Equal(before, rig.Store.Current!.Plugins["a"].Digest);
    }

    [Fact]
    public async Task A_ConfigMap_swap_of_its_data_link_is_noticed()
    {
        await using var rig = new Rig();
        Directory.CreateDirectory(Path.Combine(rig.Folder, "..1"));
        Directory.CreateDirectory(Path.Combine(rig.Folder, "..2"));
        var plugin = Path.Combine(rig.Folder, "plugin.yaml");
        foreach (var version in (string[])["1", "2"])
        {
            // The same size and the same time: the link alone tells.
            File.WriteAllText(Path.Combine(rig.Folder, ".." + version, "plugin.yaml"), $"value: {version}");
            File.SetLastWriteTimeUtc(Path.Combine(rig.Folder, ".." + version, "plugin.yaml"), DateTime.UnixEpoch);
        }
        Directory.CreateSymbolicLink(Path.Combine(rig.Folder, "..data"), "..1");
        File.CreateSymbolicLink(plugin, "..data/plugin.yaml");
        rig.Configure("plugins: [{name: a, configFile: plugin.yaml}]");
        rig.Store.Reload();
        rig.Store.TakeNews();
        Assert.False(rig.Store.TakeNews());

        Directory.Delete(Path.Combine(rig.Folder, "..data"));
        Directory.CreateSymbolicLink(Path.Combine(rig.Folder, "..data"), "..2");

        Assert.True(rig.Store.TakeNews());
        Assert.Equal("2", rig.Store.Current!.Plugins["a"].Configuration.Files[0].Root!.Entries[0].Value.Text);
    }

    [Fact]
    public async Task A_configuration_taken_back_is_not_taken_again_until_it_changes()
    {
        await using var rig = new Rig().Configure("verifyPeriod: 5s");
        rig.Store.Reload();
        rig.Store.Confirm();
        rig.Configure("verifyPeriod: 9s");
        rig.Store.Reload();
        rig.Configure("verifyPeriod: 6s");
        rig.Store.Reload();

        // Not the one before, which was never confirmed.
        Assert.True(rig.Store.RollBack("it broke"));
        Assert.Equal(TimeSpan.FromSeconds(5), rig.Store.Current!.Agent.VerifyPeriod);
        Assert.False(rig.Store.Reload());
        Assert.Contains("it broke", rig.Store.Refusal, StringComparison.Ordinal);
        Assert.False(rig.Store.RollBack("again"));

        rig.Configure("verifyPeriod: 7s");
        Assert.True(rig.Store.Reload());
        Assert.Null(rig.Store.Refusal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("kind: Nonsense")]
    [InlineData(null)]
    public async Task While_the_agents_own_file_is_bad_the_plugins_files_are_followed(string? text)
    {
        await using var rig = new Rig();
        var file = Path.Combine(rig.Folder, "a.yaml");
        File.WriteAllText(file, "value: 1");
        rig.Configure("plugins: [{name: a, configFile: a.yaml}]");
        rig.Store.Reload();
        rig.Store.TakeNews();
        File.Delete(rig.ConfigPath);
        if (text is not null)
        {
            File.WriteAllText(rig.ConfigPath, text);
        }
        Assert.False(rig.Store.TakeNews());
        var refusal = rig.Store.Refusal;
        Assert.NotNull(refusal);

        File.WriteAllText(file, "value: 22");

        Assert.True(rig.Store.TakeNews());
        Assert.Equal("22", rig.Store.Current!.Plugins["a"].Configuration.Files[0].Root!.Entries[0].Value.Text);
        Assert.Equal(refusal, rig.Store.Refusal);
    }

    [Fact]
    public async Task A_FIFO_in_the_place_of_a_file_is_named_and_not_waited_for()
    {
        await using var rig = new Rig().Configure("plugins: [{name: a, configFile: a.yaml}]");
        SpecialFile.Fifo(Path.Combine(rig.Folder, "a.yaml"));
        Assert.True(await SpecialFile.SoonAsync(rig.Store.Reload));
        Assert.Contains("a.yaml is a FIFO; only regular files are read", rig.Store.Current!.Plugins["a"].Configuration.Files[0].Problem, StringComparison.Ordinal);

        SpecialFile.Fifo(rig.ConfigPath);
        Assert.False(await SpecialFile.SoonAsync(rig.Store.Reload));
        Assert.Contains("agent.yaml is a FIFO", rig.Store.Refusal, StringComparison.Ordinal);
    }
}
