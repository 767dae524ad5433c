using System.Net;
using Microsoft.AspNetCore.Http;
using NetAgent.Contracts;
using NetAgent.Host.Configuration;
using NetAgent.Host.Status;

namespace NetAgent.Host.Serving;

/// <summary>
/// The metrics and health servers and the local socket. A port that another program holds (kube-proxy's, during take-over) is tried
/// again until it is free; the kernel's state does not wait for it.
/// </summary>
internal sealed class AgentServers(TimeProvider time) : IAsyncDisposable
{
    public static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(5);

    private readonly List<HttpEndpoint> _bound = [];
    private readonly Dictionary<string, Notice> _busy = new(StringComparer.Ordinal);
    private volatile Notice[] _notices = [];

    public IReadOnlyList<Notice> Notices => _notices;

    /// <summary>Raised when <see cref="Notices"/> changed.</summary>
    public event Action? NoticesChanged;

    /// <summary>Binds, and goes on trying until cancelled.</summary>
    public async Task RunAsync(string name, BindAddress address, RequestDelegate handler, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var endpoint = await HttpEndpoint.StartAsync([new IPEndPoint(address.Address, address.Port)], handler);
                lock (_bound)
                {
                    _bound.Add(endpoint);
                }
                Say(name, null);
                return;
            }
            catch (IOException busy)
            {
                Say(name, new(Severity.Warning, nameof(AgentReason.FailedToStartServer),
                    $"{name} {address} cannot be served: {busy.Message.TrimEnd('.')}; free it or set another {name}, \"\" for none"));
            }
            await Task.Delay(RetryPeriod, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Serves the local socket that <c>netagent status</c> asks.</summary>
    public async Task ListenLocallyAsync(string path, RequestDelegate handler)
    {
        // A socket left by an agent that was killed; the node lock says that it is nobody's.
        File.Delete(path);
        var endpoint = await HttpEndpoint.StartAsync(path, handler);
        // What the agent says of a node's network is for its administrator.
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        lock (_bound)
        {
            _bound.Add(endpoint);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var endpoint in _bound)
        {
            await endpoint.DisposeAsync();
        }
    }

    private void Say(string name, Notice? notice)
    {
        lock (_busy)
        {
            if (notice is null ? !_busy.Remove(name) : _busy.TryGetValue(name, out var known) && known == notice)
            {
                return;
            }
            if (notice is not null)
            {
                _busy[name] = notice;
            }
            _notices = [.. _busy.Values];
        }
        NoticesChanged?.Invoke();
    }
}
