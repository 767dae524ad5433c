using System.Diagnostics;
using System.Globalization;
using NetAgent.Cluster.Api.Access;

namespace NetAgent.Cluster.Tests.Api;

/// <summary>Credential plugins that do not do what they should.</summary>
public sealed class ExecPluginTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("exec").FullName;

    private ExecPlugin Plugin(string script) =>
        new("/k: user 'u'", "/bin/sh", ["-c", $"cd {_folder}; {script}"], [], "", () => "{}");

    private static async Task<AccessException> FailureAsync(ExecPlugin plugin)
    {
        using var credential = new ExecCredential(plugin, TimeProvider.System);
        return await Assert.ThrowsAsync<AccessException>(async () => await credential.AuthorizationAsync(TestContext.Current.CancellationToken));
    }

    private async Task AssertEndedAsync(string file)
    {
        var id = int.Parse((await File.ReadAllTextAsync(Path.Combine(_folder, file), TestContext.Current.CancellationToken)).Trim(), CultureInfo.InvariantCulture);
        for (var watch = Stopwatch.StartNew(); IsAlive(id); await Task.Delay(20))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"process {id} still runs");
        }
    }

    // A zombie that nobody has reaped yet has ended all the same.
    private static bool IsAlive(int id)
    {
        try
        {
            return !File.ReadAllText($"/proc/{id}/stat").Split(')')[^1].TrimStart().StartsWith('Z');
        }
        catch (IOException)
        {
            // Gone, if only since the file was opened.
            return false;
        }
    }

    [Fact]
    public async Task One_that_hangs_is_named_and_killed_with_its_children()
    {
        var error = await FailureAsync(Plugin("sleep 500 & echo $! >child; echo $$ >own; wait") with { Limit = TimeSpan.FromSeconds(1.5) });
        Assert.StartsWith("/k: user 'u': exec plugin /bin/sh did not end within 1.5 s and was killed", error.Message, StringComparison.Ordinal);
        await AssertEndedAsync("own");
        await AssertEndedAsync("child");
    }

    [Fact]
    public async Task One_that_prints_without_end_is_named_and_killed_before_its_time_is_up()
    {
        var watch = Stopwatch.StartNew();
        var error = await FailureAsync(Plugin("echo $$ >own; exec yes") with { Limit = TimeSpan.FromMinutes(5) });
        Assert.Contains("exec plugin /bin/sh printed more than 1 MiB", error.Message, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), $"{watch.Elapsed}");
        await AssertEndedAsync("own");
    }

    [Fact]
    public async Task Errors_without_end_do_not_stand_in_the_way_and_are_quoted_in_part()
    {
        var error = await FailureAsync(Plugin("yes | head -c 3000000 >&2; exit 7"));
        Assert.Contains("ended with code 7: y", error.Message, StringComparison.Ordinal);
        Assert.True(error.Message.Length < 5000, $"{error.Message.Length}");
    }

    [Fact]
    public async Task One_that_leaves_a_child_behind_which_holds_its_output_is_done_when_it_has_ended()
    {
        using var credential = new ExecCredential(Plugin("sleep 60 & echo $! >child; echo '{\"status\":{\"token\":\"t\"}}'"), TimeProvider.System);
        var watch = Stopwatch.StartNew();
        Assert.Equal("Bearer t", await credential.AuthorizationAsync(TestContext.Current.CancellationToken));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), $"{watch.Elapsed}");
        Process.GetProcessById(int.Parse((await File.ReadAllTextAsync(Path.Combine(_folder, "child"), TestContext.Current.CancellationToken)).Trim(), CultureInfo.InvariantCulture)).Kill();
    }

    [Fact]
    public async Task Those_who_wait_while_it_fails_share_the_failure_and_the_next_one_tries_again()
    {
        using var credential = new ExecCredential(Plugin("echo run >>runs; sleep 1; exit 3"), TimeProvider.System);
        Task<string?> Ask() => credential.AuthorizationAsync(TestContext.Current.CancellationToken).AsTask();
        Task<string?>[] asked = [Ask(), Ask(), Ask()];
        foreach (var one in asked)
        {
            Assert.Contains("ended with code 3", (await Assert.ThrowsAsync<AccessException>(() => one)).Message, StringComparison.Ordinal);
        }
        Assert.Single(await File.ReadAllLinesAsync(Path.Combine(_folder, "runs"), TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<AccessException>(Ask);
        Assert.Equal(2, (await File.ReadAllLinesAsync(Path.Combine(_folder, "runs"), TestContext.Current.CancellationToken)).Length);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
