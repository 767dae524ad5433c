using NetAgent.Dataplane;
using NetAgent.Host.Configuration;
using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Configuration;

/// <summary>A configuration that was taken back, and an agent that starts again.</summary>
public sealed class TrialTests
{
    private const string Good = "confirmWithin: 1m\nplugins: [{name: steady, config: {value: 7}}]";
    private const string Bad = "confirmWithin: 1m\nplugins: [{name: steady, config: {value: throw}}]";
    private const string Other = "confirmWithin: 1m\nplugins: [{name: steady, config: {value: 8}}]";

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 3600)]
    public async Task What_was_taken_back_stays_so_over_a_restart_until_the_file_changes(bool crash, int later)
    {
        await using var rig = await BegunAsync();
        rig.Configure(Bad);
        await rig.RoundAsync();
        await rig.RoundAsync();
        var refusal = rig.Loop.Snapshot.ConfigurationRefusal;
        Assert.Contains("was taken back: plugin 'steady' is BackOff under it", refusal, StringComparison.Ordinal);

        rig.Time.Advance(TimeSpan.FromSeconds(later));
        await rig.RestartAsync(crash);
        await rig.RoundAsync();
        Assert.Equal((refusal, "7", PluginState.Running), (rig.Loop.Snapshot.ConfigurationRefusal, rig.Dataplane.Kernel["net/sample"], rig["steady"].State));
        Assert.Equal(2, rig.Cluster.Posted.Count(posted => posted.Reason == "ConfigurationRefused"));
        Assert.True(rig.Loop.Snapshot.IsDegraded);

        rig.Configure(Other);
        await rig.RoundAsync();
        Assert.Equal((null, "8"), (rig.Loop.Snapshot.ConfigurationRefusal, rig.Dataplane.Kernel["net/sample"]));
    }

    [Fact]
    public async Task A_configuration_under_which_the_agent_crashed_within_the_trial_is_taken_back()
    {
        await using var rig = await BegunAsync();
        rig.Configure(Other);
        await rig.RoundAsync();
        Assert.Equal("8", rig.Dataplane.Kernel["net/sample"]);

        await rig.RestartAsync(crash: true);
        await rig.RoundAsync();

        Assert.Equal("7", rig.Dataplane.Kernel["net/sample"]);
        Assert.Contains("was taken back: the agent ended without a word while it was on trial", rig.Loop.Snapshot.ConfigurationRefusal, StringComparison.Ordinal);

        // And once more: the trial is over, the verdict is not.
        await rig.RestartAsync(crash: true);
        await rig.RoundAsync();
        Assert.Equal("7", rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public async Task A_restart_in_good_order_within_the_trial_begins_it_anew()
    {
        await using var rig = await BegunAsync();
        rig.Configure(Other);
        await rig.RoundAsync();

        await rig.RestartAsync();
        await rig.RoundAsync();
        Assert.Equal((null, "8"), (rig.Loop.Snapshot.ConfigurationRefusal, rig.Dataplane.Kernel["net/sample"]));

        // Still on trial: what fails now takes it back to what was confirmed before the restart.
        rig.Dataplane.Facts = rig.Dataplane.Facts with { CpuCount = 3 };
        rig.Configure(Bad);
        await rig.RoundAsync();
        await rig.RoundAsync();
        Assert.Equal("7", rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public async Task A_configuration_that_changed_while_the_agent_was_away_is_on_trial_when_it_comes_back()
    {
        await using var rig = await BegunAsync();
        await rig.RestartAsync();
        rig.Configure(Bad);
        await rig.RoundAsync();
        await rig.RoundAsync();

        Assert.Equal("7", rig.Dataplane.Kernel["net/sample"]);
        Assert.Contains("was taken back", rig.Loop.Snapshot.ConfigurationRefusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_confirmed_configuration_is_in_force_after_a_crash_and_nothing_is_on_trial()
    {
        await using var rig = await BegunAsync();
        rig.Configure(Other);
        await rig.RoundAsync();
        rig.Time.Advance(TimeSpan.FromMinutes(2));
        await rig.RoundAsync();

        await rig.RestartAsync(crash: true);
        await rig.RoundAsync();

        Assert.Equal((null, "8"), (rig.Loop.Snapshot.ConfigurationRefusal, rig.Dataplane.Kernel["net/sample"]));
    }

    [Fact]
    public async Task What_was_confirmed_is_kept_with_the_files_as_they_were()
    {
        await using var rig = new Rig();
        rig.Plugins.Add("Steady");
        var file = Path.Combine(rig.Folder, "steady.yaml");
        File.WriteAllText(file, "value: 7");
        rig.Configure("confirmWithin: 1m\nplugins: [{name: steady, configFile: steady.yaml}]");
        await rig.RoundAsync();
        File.WriteAllText(file, "value: throw");
        await rig.RoundAsync();
        await rig.RestartAsync();

        await rig.RoundAsync();

        Assert.Equal("7", rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public async Task One_that_was_taken_back_does_not_slip_in_before_its_ConfigMap_is_read()
    {
        await using var rig = new Rig();
        rig.Plugins.Add("Steady");
        const string File = "configFile: 'configmap:a/b/c'";
        rig.ConfigMaps.Set("a/b", "c", "value: 7");
        rig.Configure($"confirmWithin: 1m\nplugins: [{{name: steady, {File}}}]");
        await rig.RoundAsync();
        rig.Dataplane.Calls.Clear();
        rig.ConfigMaps.Set("a/b", "c", "value: throw");
        await rig.RoundAsync();
        await rig.RoundAsync();
        Assert.NotNull(rig.Loop.Snapshot.ConfigurationRefusal);
        await rig.RestartAsync();
        rig.ConfigMaps.Forget("a/b");

        await rig.RoundAsync();
        Assert.Equal(PluginState.Running, rig["steady"].State);
        rig.ConfigMaps.Set("a/b", "c", "value: throw");
        await rig.RoundAsync();
        await rig.RoundAsync();

        Assert.Equal((PluginState.Running, "7"), (rig["steady"].State, rig.Dataplane.Kernel["net/sample"]));
        rig.ConfigMaps.Set("a/b", "c", "value: 9");
        await rig.RoundAsync();
        Assert.Equal("9", rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public async Task A_damaged_record_is_named_and_the_file_is_taken()
    {
        await using var rig = await BegunAsync();
        await rig.RestartAsync();
        await File.WriteAllBytesAsync(Path.Combine(rig.Folder, "state", TrialRecord.FileName), [1, 255, 255, 3], TestContext.Current.CancellationToken);
        rig.Configure(Other);
        await rig.RoundAsync();

        Assert.Equal("8", rig.Dataplane.Kernel["net/sample"]);
        Assert.Contains(rig.Log.Lines, line => line.Contains(TrialRecord.FileName, StringComparison.Ordinal) && line.Contains("StateFile", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_record_is_for_the_agents_user_alone()
    {
        await using var rig = await BegunAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(rig.Folder, "state", TrialRecord.FileName)));
    }

    [Fact]
    public async Task A_configuration_whose_rows_the_kernel_refuses_is_taken_back_at_the_second_refusal()
    {
        await using var rig = await BegunAsync();
        rig.Configure(Other);
        await rig.RoundAsync();
        rig.Dataplane.Failed.Add(Refused(attempts: 1));
        await rig.RoundAsync(verify: true);
        Assert.NotNull(rig.Loop.Snapshot.TrialUntil);
        Assert.Null(rig.Loop.Snapshot.ConfigurationRefusal);
        rig.Dataplane.Failed[0] = Refused(attempts: 2);
        await rig.RoundAsync(verify: true);
        await rig.RoundAsync();

        Assert.Contains("the kernel refuses what plugin 'steady' wants under it (sysctls net/sample: write: Invalid argument)", rig.Loop.Snapshot.ConfigurationRefusal, StringComparison.Ordinal);
        Assert.Equal("7", rig.Dataplane.Kernel["net/sample"]);
        Assert.Null(rig.Loop.Snapshot.TrialUntil);
    }

    [Fact]
    public async Task A_row_that_is_refused_once_counts_when_the_trial_ends()
    {
        await using var rig = await BegunAsync();
        rig.Configure(Other);
        await rig.RoundAsync();
        rig.Dataplane.Failed.Add(Refused(attempts: 1));
        rig.Time.Advance(TimeSpan.FromMinutes(2));
        await rig.RoundAsync();
        await rig.RoundAsync();

        Assert.Contains("the kernel refuses", rig.Loop.Snapshot.ConfigurationRefusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FailureKind.Refused, true)]
    [InlineData(FailureKind.Conflict, false)]
    public async Task A_row_that_was_refused_before_and_a_conflict_speak_against_nothing(FailureKind kind, bool isBefore)
    {
        await using var rig = await BegunAsync();
        if (isBefore)
        {
            rig.Dataplane.Failed.Add(Refused(2, kind));
        }
        rig.Configure(Other);
        await rig.RoundAsync();
        if (!isBefore)
        {
            rig.Dataplane.Failed.Add(Refused(2, kind));
        }
        rig.Time.Advance(TimeSpan.FromMinutes(2));
        await rig.RoundAsync();
        await rig.RoundAsync();

        Assert.Equal((null, "8"), (rig.Loop.Snapshot.ConfigurationRefusal, rig.Dataplane.Kernel["net/sample"]));
        Assert.Null(rig.Loop.Snapshot.TrialUntil);
    }

    private static FailedRow Refused(int attempts, FailureKind kind = FailureKind.Refused) =>
        new("steady", "sysctls", "net/sample", "write", 22, "Invalid argument", attempts) { Kind = kind };

    private static async Task<Rig> BegunAsync()
    {
        var rig = new Rig().Configure(Good);
        rig.Plugins.Add("Steady");
        await rig.RoundAsync();
        Assert.Equal("7", rig.Dataplane.Kernel["net/sample"]);
        return rig;
    }
}
