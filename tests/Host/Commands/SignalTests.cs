using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NetAgent.Host.Commands;
using NetAgent.TestKit;

namespace NetAgent.Host.Tests.Commands;

/// <summary>Signals to a process that has not got beyond waiting for its configuration: there is no host yet that would take them.</summary>
public sealed class SignalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netagent-signals-").FullName;

    // An API server that takes connections and never answers.
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private TcpClient? _client;

    public void Dispose()
    {
        _client?.Dispose();
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task SIGHUP_does_not_end_an_agent_that_waits_and_SIGTERM_does_with_exit_code_0()
    {
        using var waiting = await WaitingAsync("run");

        Shell.Run("kill", "-HUP", Id(waiting));
        Shell.Run("kill", "-TERM", Id(waiting));

        Assert.Equal(ExitCode.Success, await EndAsync(waiting));
    }

    [Fact]
    public async Task SIGTERM_ends_an_agent_that_was_to_work_once_with_exit_code_1_and_what_it_waited_for()
    {
        using var waiting = await WaitingAsync("run", "--once", "--within", "10m");

        Shell.Run("kill", "-TERM", Id(waiting));

        Assert.Equal(ExitCode.Failed, await EndAsync(waiting));
        Assert.Contains("has not been read from the API server yet", await waiting.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static string Id(Process process) => process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private async Task<Process> WaitingAsync(params string[] command)
    {
        _server.Start();
        var kubeconfig = Path.Combine(_folder, "kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, $$"""
            current-context: c
            contexts: [{name: c, context: {cluster: k} }]
            clusters: [{name: k, cluster: {server: 'http://{{_server.LocalEndpoint}}'} }]
            """, TestContext.Current.CancellationToken);
        var process = Process.Start(new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "netagent"),
            [.. command, "--config", "configmap:kube-system/netagent/agent.yaml", "--kubeconfig", kubeconfig])
        {
            RedirectStandardError = true,
        })!;
        _client = await _server.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        return process;
    }

    private static async Task<int> EndAsync(Process process)
    {
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        }
        finally
        {
            process.Kill();
        }
        return process.ExitCode;
    }
}
