using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using NetAgent.Host.Composition;
using NetAgent.TestKit;

namespace NetAgent.Host.Tests.Commands;

/// <summary>What a kubeconfig names and is no regular file: opening a FIFO would wait for ever.</summary>
public sealed class CredentialFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netagent-fifo").FullName;

    [Theory]
    [InlineData("fifo", "tokenFile: fifo")]
    [InlineData("fifo", "client-certificate: fifo, client-key: fifo")]
    [InlineData("kubeconfig", "")]
    public async Task A_FIFO_is_named_and_holds_nobody_up(string fifo, string user)
    {
        var kubeconfig = Path.Combine(_folder, "kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, $$"""
            current-context: c
            contexts: [{name: c, context: {cluster: k, user: u} }]
            clusters: [{name: k, cluster: {server: 'https://127.0.0.1:1' } }]
            users: [{name: u, user: { {{user}} } }]
            """, TestContext.Current.CancellationToken);
        var path = Path.Combine(_folder, fifo);
        File.Delete(path);
        Shell.Run("mkfifo", path);
        using var stop = new CancellationTokenSource();
        var found = Task.Factory.StartNew(() => Found(kubeconfig, stop.Token), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var problem = await found.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Contains(path, problem, StringComparison.Ordinal);
        Assert.Contains("is a FIFO; only regular files are read", problem, StringComparison.Ordinal);
        await stop.CancelAsync();
    }

    // On a thread of its own: it is the one that would hang.
    private static string Found(string kubeconfig, CancellationToken stop)
    {
        try
        {
            var cluster = RealBackends.Create().OpenCluster(new(kubeconfig, null, null), "node-1", NullLogger.Instance);
            _ = cluster.RunAsync(stop);
            for (var watch = Stopwatch.StartNew(); cluster.Notices.Count == 0 && watch.Elapsed < TimeSpan.FromSeconds(15);)
            {
                Thread.Sleep(20);
            }
            return string.Join("\n", cluster.Notices.Select(notice => notice.Message));
        }
        catch (IOException unusable)
        {
            return unusable.Message;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
