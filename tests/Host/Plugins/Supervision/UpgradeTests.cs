using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Plugins.Supervision;

/// <summary>A drop-in plugin whose files change while it runs.</summary>
public sealed class UpgradeTests : IDisposable
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    private readonly DropInDelivery _dropIn = new();

    public void Dispose() => _dropIn.Dispose();

    [Fact]
    public async Task A_new_version_that_is_listed_takes_the_place_of_the_old_one_within_the_period()
    {
        _dropIn.Deliver("UsesLibraryOne", "acme");
        await using var rig = With("acme");
        await rig.RoundAsync();
        Assert.Equal("library 1", Said(rig));
        var old = rig["acme"].Digest;

        _dropIn.Deliver("UsesLibraryTwo", "acme");
        await rig.RoundAsync();
        Assert.Equal((old, "library 1"), (rig["acme"].Digest, Said(rig)));
        rig.Time.Advance(LookAgain);
        await rig.RoundAsync();

        Assert.Equal((PluginState.Running, null, "library 2"), (rig["acme"].State, rig["acme"].LastError, Said(rig)));
        Assert.NotEqual(old, rig["acme"].Digest);
        Assert.DoesNotContain("close acme", rig.Dataplane.Calls);
        Assert.Contains(rig.Log.Lines, line => line.Contains("takes the place of", StringComparison.Ordinal) && line.Contains(old!, StringComparison.Ordinal));
        Assert.Single(Staged(rig, "acme"));
    }

    [Fact]
    public async Task A_change_that_was_noticed_is_taken_at_once()
    {
        _dropIn.Deliver("UsesLibraryOne", "acme");
        await using var rig = With("acme");
        await rig.RoundAsync();
        _dropIn.Deliver("UsesLibraryTwo", "acme");

        rig.Loop.LookAtPlugins();
        await rig.RoundAsync();

        Assert.Equal("library 2", Said(rig));
    }

    [Fact]
    public async Task A_change_without_its_digest_is_named_and_the_old_version_goes_on()
    {
        _dropIn.Deliver("Steady", "acme");
        await using var rig = With("acme");
        await rig.RoundAsync();
        var digest = rig["acme"].Digest!;

        _dropIn.Put("Throws", "acme");
        rig.Loop.LookAtPlugins();
        await rig.RoundAsync();
        rig.Cluster.SetService("a");
        await rig.RoundAsync();

        Assert.Equal((PluginState.Running, digest), (rig["acme"].State, rig["acme"].Digest));
        Assert.Contains("services 1", rig.Change("acme"), StringComparison.Ordinal);
        Assert.Contains($"still runs SHA-256 {digest}", rig["acme"].LastError, StringComparison.Ordinal);
        Assert.Contains("is not listed in", rig["acme"].LastError, StringComparison.Ordinal);
        Assert.Contains(rig.Cluster.Posted, posted => posted is { IsWarning: true, Reason: "UpgradeRefused" } && posted.Message.Contains("acme/Throws.d", StringComparison.Ordinal));
        Assert.Contains(rig.Log.Lines, line => line.Contains("UpgradeRefused", StringComparison.Ordinal));

        _dropIn.Deliver("Steady", "acme");
        rig.Loop.LookAtPlugins();
        await rig.RoundAsync();
        Assert.Equal((null, digest), (rig["acme"].LastError, rig["acme"].Digest));
    }

    [Fact]
    public async Task A_byte_that_changed_is_named_with_both_digests()
    {
        var folder = _dropIn.Put("Steady", "acme");
        _dropIn.List();
        await using var rig = With("acme");
        await rig.RoundAsync();
        var library = Path.Combine(folder, "Steady.dll");
        var bytes = await File.ReadAllBytesAsync(library, TestContext.Current.CancellationToken);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(library, bytes, TestContext.Current.CancellationToken);
        // Set back, as one who does not want to be seen would.
        File.SetLastWriteTimeUtc(library, DateTime.UnixEpoch);

        rig.Time.Advance(LookAgain);
        await rig.RoundAsync();

        var found = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
        Assert.Contains($"Steady.dll has SHA-256 {found}, ", rig["acme"].LastError, StringComparison.Ordinal);
        Assert.Contains($"says {rig["acme"].Digest}", rig["acme"].LastError, StringComparison.Ordinal);
        Assert.Equal(PluginState.Running, rig["acme"].State);
    }

    [Fact]
    public async Task The_last_rows_stay_when_the_new_version_fails()
    {
        _dropIn.Deliver("Steady", "acme");
        await using var rig = With("acme", "config: {value: 7}");
        await rig.RoundAsync();

        _dropIn.Deliver("Throws", "acme");
        rig.Loop.LookAtPlugins();
        await rig.RoundAsync();

        Assert.Equal((PluginState.BackOff, "7"), (rig["acme"].State, rig.Dataplane.Kernel["net/sample"]));
        Assert.DoesNotContain("close acme", rig.Dataplane.Calls);

        _dropIn.Deliver("Steady", "acme");
        rig.Loop.LookAtPlugins();
        await rig.RoundAsync();
        Assert.Equal(PluginState.Running, rig["acme"].State);
    }

    [Fact]
    public async Task A_new_version_that_does_not_load_leaves_the_old_one()
    {
        _dropIn.Deliver("Steady", "acme");
        await using var rig = With("acme");
        await rig.RoundAsync();

        _dropIn.Deliver("NewerContract", "acme");
        rig.Loop.LookAtPlugins();
        await rig.RoundAsync();
        rig.Cluster.SetService("a");
        await rig.RoundAsync();

        Assert.Equal(PluginState.Running, rig["acme"].State);
        Assert.Contains("was built for contract 2.99", rig["acme"].LastError, StringComparison.Ordinal);
        Assert.Contains("services 1", rig.Change("acme"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_refuses_the_configuration_leaves_the_one_that_took_it()
    {
        _dropIn.Deliver("Throws", "acme");
        await using var rig = With("acme", "config: {value: bad}");
        await rig.RoundAsync();

        // `bad` means nothing to the one and is refused by the other.
        _dropIn.Deliver("Steady", "acme");
        File.Delete(Path.Combine(rig.Folder, "state", "configuration.acme"));
        rig.Loop.LookAtPlugins();
        await rig.RoundAsync();

        Assert.Equal(PluginState.BackOff, rig["acme"].State);
        Assert.Contains(rig.Cluster.Posted, posted => posted.Reason == "UpgradeRefused" && posted.Message.Contains("'bad' is not a value", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_plugin_in_a_process_of_its_own_is_upgraded_too()
    {
        _dropIn.Deliver("UsesLibraryOne", "acme");
        await using var rig = With("acme", "isolation: process");
        await rig.RoundAsync();
        _dropIn.Deliver("UsesLibraryTwo", "acme");
        rig.Loop.LookAtPlugins();
        await rig.RoundAsync();

        Assert.Equal(("library 2", PluginState.Running), (Said(rig), rig["acme"].State));
    }

    [Fact]
    public async Task Copies_of_plugins_that_left_are_removed_also_those_of_an_earlier_run()
    {
        _dropIn.Deliver("Steady", "acme");
        await using var rig = With("acme");
        Directory.CreateDirectory(Path.Combine(rig.Folder, "state", "drop-in", "former", "former"));
        await rig.RoundAsync();
        Assert.Equal(["acme"], Staged(rig, ""));

        rig.Configure($"{_dropIn.Settings}\nplugins: []");
        await rig.RoundAsync();

        Assert.Empty(Staged(rig, ""));
        Assert.Null(rig.Loop.Snapshot.RecordProblem);
    }

    [Fact]
    public async Task A_slow_disk_holds_up_no_sibling()
    {
        _dropIn.Deliver("Steady", "acme");
        await using var rig = new Rig { SoftDeadline = TimeSpan.FromSeconds(1) }.Configure($"{_dropIn.Settings}\nplugins: [{{name: acme, config: {{path: net/acme}}}}, {{name: steady}}]");
        rig.Plugins.Add("Steady");
        for (var i = 0; i < 500 && !(rig.Dataplane.Kernel.ContainsKey("net/acme") && rig.Dataplane.Kernel.ContainsKey("net/sample")); i++)
        {
            // The clock stands still: nobody waits for it.
            await rig.RoundAsync().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Equal((PluginState.Running, PluginState.Running), (rig["acme"].State, rig["steady"].State));
    }

    private Rig With(string name, string more = "required: true") => new Rig().Configure($"{_dropIn.Settings}\nplugins: [{{name: {name}, {more}}}]");

    private static string? Said(Rig rig) => rig.Dataplane.Status.Notices.Select(notice => notice.Notice).SingleOrDefault(notice => notice.Message.StartsWith("library", StringComparison.Ordinal))?.Message;

    private static IEnumerable<string?> Staged(Rig rig, string plugin)
    {
        var folder = Path.Combine(rig.Folder, "state", "drop-in", plugin);
        return Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Select(Path.GetFileName) : [];
    }
}
