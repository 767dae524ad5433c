using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;
using NetAgent.Host.Tests.Isolation;

namespace NetAgent.Host.Tests.State;

/// <summary>Several files of one plugin, each with a last good content of its own, with the real masq-agent.</summary>
public sealed class LastGoodFileTests
{
    private const string GoodA = "nonMasqueradeCIDRs: [10.0.0.0/8]", GoodB = "nonMasqueradeCIDRs: [11.0.0.0/8]", Bad = "nonMasqueradeCIDRs: [12.0.0.1/8]";

    [Theory]
    [InlineData("inProcess")]
    [InlineData("process")]
    public async Task A_file_that_went_bad_counts_as_it_was_over_restarts_and_what_the_others_say_now_counts_too(string isolation)
    {
        await using var rig = await StartAsync(isolation);
        await WriteAsync(rig, GoodA, Bad);
        Assert.Equal(["10.0.0.0/8", "11.0.0.0/8"], Kept(rig));

        await RestartAsync(rig);
        Assert.Equal(["10.0.0.0/8", "11.0.0.0/8"], Kept(rig));
        Assert.Contains(Notices(rig), notice => notice.EndsWith("(its last good version stays in force)", StringComparison.Ordinal));

        await WriteAsync(rig, "nonMasqueradeCIDRs: [13.0.0.0/8]", Bad);
        await RestartAsync(rig);
        Assert.Equal(["13.0.0.0/8", "11.0.0.0/8"], Kept(rig));
    }

    [Theory]
    [InlineData("inProcess")]
    [InlineData("process")]
    public async Task Files_that_went_bad_one_after_the_other_count_as_they_were_after_a_second_restart(string isolation)
    {
        await using var rig = await StartAsync(isolation);
        await WriteAsync(rig, GoodA, Bad);
        await RestartAsync(rig);
        await WriteAsync(rig, Bad, Bad);
        Assert.Equal(["10.0.0.0/8", "11.0.0.0/8"], Kept(rig));

        for (var i = 0; i < 2; i++)
        {
            await RestartAsync(rig);
            Assert.Equal(["10.0.0.0/8", "11.0.0.0/8"], Kept(rig));
            Assert.DoesNotContain(Notices(rig), notice => notice.Contains("no configuration was ever good", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_file_that_went_bad_while_the_agent_was_away_counts_as_it_was()
    {
        await using var rig = await StartAsync("inProcess");
        await rig.RestartAsync();
        Write(rig, GoodA, Bad);
        await rig.RoundAsync();

        Assert.Equal(["10.0.0.0/8", "11.0.0.0/8"], Kept(rig));
    }

    [Fact]
    public async Task A_file_that_went_bad_counts_as_it_was_after_the_plugins_process_ended_and_is_still_named()
    {
        await using var rig = await StartAsync("process");
        await WriteAsync(rig, GoodA, Bad);
        foreach (var child in IsolationTests.Children(rig))
        {
            child.Kill();
            await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        rig.Cluster.SetService("a");
        await rig.RoundAsync();
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.RoundAsync();

        Assert.Equal((PluginState.Running, 2), (rig["masq-agent"].State, rig["masq-agent"].ProcessStarts));
        Assert.Equal(["10.0.0.0/8", "11.0.0.0/8"], Kept(rig));
        Assert.Contains(Notices(rig), notice => notice.EndsWith("(its last good version stays in force)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_is_mended_or_deleted_is_not_remembered_as_it_was()
    {
        await using var rig = await StartAsync("inProcess");
        await WriteAsync(rig, GoodA, Bad);
        await WriteAsync(rig, GoodA, "nonMasqueradeCIDRs: [14.0.0.0/8]");
        await WriteAsync(rig, GoodA, Bad);
        await RestartAsync(rig);
        Assert.Equal(["10.0.0.0/8", "14.0.0.0/8"], Kept(rig));

        File.Delete(Path.Combine(rig.Folder, "b"));
        await rig.RoundAsync();
        await WriteAsync(rig, GoodA, Bad);
        await RestartAsync(rig);
        Assert.Equal(["10.0.0.0/8"], Kept(rig));
    }

    private static async Task<Rig> StartAsync(string isolation)
    {
        var rig = new Rig();
        rig.Plugins.Add("MasqAgent", "masq-agent");
        rig.Configure($$"""plugins: [{name: masq-agent, isolation: {{isolation}}, configFiles: [{{rig.Folder}}/a, {{rig.Folder}}/b]}]""");
        Write(rig, GoodA, GoodB);
        await rig.RoundAsync();
        Assert.Equal(["10.0.0.0/8", "11.0.0.0/8"], Kept(rig));
        return rig;
    }

    private static void Write(Rig rig, string a, string b)
    {
        foreach (var (name, text) in new[] { ("a", a), ("b", b) })
        {
            // Under another name first: two writes within one tick of the file system's clock must still differ.
            var path = Path.Combine(rig.Folder, name);
            File.WriteAllText(path + ".new", text);
            File.Move(path + ".new", path, overwrite: true);
        }
    }

    private static Task WriteAsync(Rig rig, string a, string b)
    {
        Write(rig, a, b);
        return rig.RoundAsync();
    }

    private static async Task RestartAsync(Rig rig)
    {
        await rig.RestartAsync();
        await rig.RoundAsync();
    }

    /// <summary>Ranges that keep their source, link-local left out.</summary>
    private static string[] Kept(Rig rig) =>
    [
        .. rig.Dataplane.Slices["masq-agent"].Rows.Values.SelectMany(rows => rows.Chains).SelectMany(chain => chain.Rules)
            .Where(rule => rule.EndsWith("-j RETURN", StringComparison.Ordinal) && !rule.Contains("169.254", StringComparison.Ordinal)).Select(rule => rule.Split(' ')[1]),
    ];

    private static IEnumerable<string> Notices(Rig rig) => rig.Dataplane.Status.Notices.Select(notice => notice.Notice.Message);
}
