using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using NetAgent.Contracts;
using NetAgent.Host.Status;
using NetAgent.Host.Timing;

namespace NetAgent.Host.Serving;

/// <summary>
/// Serves spec.healthCheckNodePort: one listener a port, opened and closed as Services come and go, with kube-proxy's answer. A port
/// that somebody else holds is a notice on its Service, tried again, and nobody else's concern.
/// </summary>
internal sealed class HealthCheckServers(ProxyHealth health, TimeProvider time) : IAsyncDisposable
{
    public static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(5);

    private readonly WakeSignal _wake = new();
    private readonly Dictionary<ushort, (EquatableArray<InetAddress> Addresses, HttpEndpoint Endpoint)> _listeners = [];
    private volatile Dictionary<ushort, HealthCheckPort> _ports = [];
    private volatile Notice[] _notices = [];

    public IReadOnlyList<Notice> Notices => _notices;

    /// <summary>Raised when <see cref="Notices"/> changed.</summary>
    public event Action? NoticesChanged;

    /// <summary>What shall be served from now on. Returns at once; answers follow at once, listeners a moment later.</summary>
    public void Update(IEnumerable<HealthCheckPort> ports)
    {
        _ports = ports.ToDictionary(port => port.Port);
        _wake.Set();
    }

    /// <summary>Opens and closes listeners until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await ApplyAsync();
            try
            {
                await _wake.WaitAsync(_notices.Length > 0 ? RetryPeriod : TimeSpan.FromHours(1), time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, endpoint) in _listeners.Values)
        {
            await endpoint.DisposeAsync();
        }
        _wake.Dispose();
    }

    private async Task ApplyAsync()
    {
        var wanted = _ports;
        foreach (var (port, (addresses, endpoint)) in _listeners.ToArray())
        {
            if (!wanted.TryGetValue(port, out var row) || row.Addresses != addresses)
            {
                _listeners.Remove(port);
                await endpoint.DisposeAsync();
            }
        }
        var notices = new List<Notice>();
        foreach (var row in wanted.Values.Where(row => !_listeners.ContainsKey(row.Port)).OrderBy(row => row.Port))
        {
            try
            {
                var endpoint = await HttpEndpoint.StartAsync(EndPoints(row), context => HandleAsync(context, row.Port));
                _listeners.Add(row.Port, (row.Addresses, endpoint));
            }
            catch (IOException busy)
            {
                notices.Add(new(Severity.Warning, nameof(AgentReason.FailedToStartServiceHealthcheck),
                    $"health-check node port {row.Port} of {row.Service} cannot be served: {busy.Message.TrimEnd('.')}; free the port or"
                        + " set another spec.healthCheckNodePort")
                {
                    Service = row.Service,
                });
            }
        }
        if (!notices.SequenceEqual(_notices))
        {
            _notices = [.. notices];
            NoticesChanged?.Invoke();
        }
    }

    private static IEnumerable<IPEndPoint> EndPoints(HealthCheckPort row) => row.Addresses.IsEmpty
        ? [new(IPAddress.IPv6Any, row.Port)]
        : row.Addresses.Select(address => new IPEndPoint(address.ToIPAddress(), row.Port));

    private Task HandleAsync(HttpContext context, ushort port)
    {
        var row = _ports.GetValueOrDefault(port);
        var isHealthy = health.Look().IsHealthy;
        var isServing = row.LocalEndpoints > 0 && isHealthy;
        context.Response.Headers["X-Load-Balancing-Endpoint-Weight"] = row.LocalEndpoints.ToString(CultureInfo.InvariantCulture);
        return JsonBody.RespondTabbedAsync(context, isServing ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("service");
            json.WriteString("namespace", row.Service.Namespace);
            json.WriteString("name", row.Service.Name);
            json.WriteEndObject();
            json.WriteNumber("localEndpoints", row.LocalEndpoints);
            json.WriteBoolean("serviceProxyHealthy", isHealthy);
            json.WriteEndObject();
        });
    }
}
