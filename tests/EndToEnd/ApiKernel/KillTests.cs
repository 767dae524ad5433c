using System.Diagnostics;
using System.Text.RegularExpressions;
using NetAgent.TestKit;
using NetAgent.TestKit.Api;

namespace NetAgent.EndToEnd.Tests.ApiKernel;

[Collection("Large cluster"), Trait("Category", "ApiKernel")]
public sealed partial class KillTests(LargeCluster cluster)
{
    private const int Kills = 10;

    private readonly CancellationToken _cancelled = TestContext.Current.CancellationToken;
    private readonly List<int> _changed = [];
    private volatile int _acknowledged;
    private int _refused;

    [KernelFact]
    public async Task Ten_kills_of_the_API_server_amid_changes_lose_nothing_and_nothing_flaps()
    {
        await cluster.SettleAsync();
        var output = TestContext.Current.TestOutputHelper!;
        var logged = cluster.Agent.Running.Log.Length;
        // Even Services change, each once at most; odd ones are knocked at.
        using var watch = new FlapWatch(Enumerable.Range(0, LargeCluster.Services / 2).Select(i => (2 * i) + 1));
        for (var kill = 1; kill <= Kills; kill++)
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(_cancelled);
            var writing = WriteAsync(enough.Token);
            var round = cluster.Agent.Running.Log.Length;
            await Task.Delay(Random.Shared.Next(200, 2000), _cancelled);
            cluster.Server.KillServer();
            var killed = Stopwatch.StartNew();
            await Task.Delay(Random.Shared.Next(0, 3000), _cancelled);
            await cluster.Server.StartServerAsync(untilReady: false);
            var acknowledged = _acknowledged;
            await RealApiServer.UntilAsync("changes to be taken again", () => Task.FromResult(_acknowledged > acknowledged), seconds: 300);
            var away = killed.Elapsed;
            await Task.Delay(Random.Shared.Next(200, 1000), _cancelled);
            await enough.CancelAsync();
            await writing;
            var written = Stopwatch.StartNew();
            while (!_changed.TrueForAll(cluster.Holds))
            {
                Assert.True(written.Elapsed < TimeSpan.FromMinutes(2), $"kill {kill}: not in the kernel after 2 minutes\n{cluster.Agent.Running.Log[logged..]}");
                await Task.Delay(50, _cancelled);
            }
            output.WriteLine($"kill {kill}: away for {away.TotalSeconds:0.0} s, {_changed.Count} changes so far, "
                + $"{_refused} tries in vain, all in the kernel {written.Elapsed.TotalSeconds:0.0} s after the last");
            if (written.Elapsed > TimeSpan.FromSeconds(15))
            {
                output.WriteLine(string.Join('\n', cluster.Agent.Running.Log[round..].Split('\n').Where(l => !l.Contains(" sync: ", StringComparison.Ordinal))));
            }
        }
        Assert.Equal(cluster.Everything(), cluster.Kernel.Everything());
        Assert.Empty(watch.Missing);
        Assert.Empty(watch.Forgotten());
        Assert.True(watch.Looks > 10 * Kills, $"only {watch.Looks} looks");
        // By the agent's own account, each change is one real server that comes and one that goes.
        var said = cluster.Agent.Running.Log[logged..];
        var syncs = Syncs().Matches(said);
        var (added, replaced, removed) = (Sum(1), Sum(2), Sum(3));
        Assert.True((added, replaced, removed) == (_changed.Count, 0, _changed.Count),
            $"{_changed.Count} changes, and {added} rows added, {replaced} replaced, {removed} removed:\n{string.Join('\n', said.Split('\n').Where(l => l.Contains("sync: ", StringComparison.Ordinal) || l.Contains("put right", StringComparison.Ordinal)))}");
        int Sum(int group) => syncs.Sum(m => int.Parse(m.Groups[group].Value));
        var lists = await cluster.Agent.MetricAsync("netagent_watch_lists_total");
        output.WriteLine($"{watch.Looks} looks at the kernel; lists read in all: {lists}");
        Assert.InRange(lists, 3, 3 + (3 * Kills));
        Assert.False(cluster.Agent.Running.HasExited);
    }

    [GeneratedRegex(@"sync: (\d+) rows? added, (\d+) replaced, (\d+) removed")]
    private static partial Regex Syncs();

    // Goes on through the server's absence, as a controller does: again and again until it is acknowledged.
    private async Task WriteAsync(CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            var service = _changed.Count * 2 * 37 % LargeCluster.Services;
            try
            {
                await cluster.ChangeAsync(service);
                _changed.Add(service);
                _acknowledged++;
                await Task.Delay(30, _cancelled);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or InvalidOperationException)
            {
                _refused++;
                await Task.Delay(200, _cancelled);
            }
        }
    }
}
