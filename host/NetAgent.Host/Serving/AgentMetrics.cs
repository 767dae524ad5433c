namespace NetAgent.Host.Serving;

/// <summary>Counters and histograms, written by the loop and the servers. kube-proxy's names where kube-proxy has one.</summary>
internal sealed class AgentMetrics
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Probe, int Code), long> _probes = [];
    private readonly Dictionary<string, long> _pluginFailures = new(StringComparer.Ordinal);
    private long _serviceChanges;
    private long _endpointChanges;
    private long _drift;
    private long _readFailures;
    private long _rejectedConfigurations;
    private double _lastSync;
    private double _lastQueued;

    /// <summary>1 ms to 16.384 s.</summary>
    public Histogram SyncDuration { get; } = new(Histogram.Doubling(0.001, 15));

    /// <summary>kube-proxy's buckets: fine to a second, by seconds to a minute, coarse to five.</summary>
    public Histogram NetworkProgramming { get; } = new(
    [
        0.25, 0.5, .. Enumerable.Range(1, 59).Select(i => (double)i), .. Enumerable.Range(12, 12).Select(i => i * 5.0),
        .. Enumerable.Range(4, 7).Select(i => i * 30.0),
    ]);

    public void Queued(DateTimeOffset now) => Volatile.Write(ref _lastQueued, Seconds(now));

    public void Synced(DateTimeOffset now) => Volatile.Write(ref _lastSync, Seconds(now));

    public void Changed(int services, int endpoints)
    {
        Interlocked.Add(ref _serviceChanges, services);
        Interlocked.Add(ref _endpointChanges, endpoints);
    }

    public void Drifted(int rows) => Interlocked.Add(ref _drift, rows);

    public void ReadFailed(int reads) => Interlocked.Add(ref _readFailures, reads);

    public void ConfigurationRejected() => Interlocked.Increment(ref _rejectedConfigurations);

    public void Probed(string probe, int code)
    {
        lock (_gate)
        {
            _probes[(probe, code)] = _probes.GetValueOrDefault((probe, code)) + 1;
        }
    }

    public void PluginFailed(string plugin)
    {
        lock (_gate)
        {
            _pluginFailures[plugin] = _pluginFailures.GetValueOrDefault(plugin) + 1;
        }
    }

    public void Write(PrometheusText text)
    {
        SyncDuration.Write(text, "kubeproxy_sync_proxy_rules_duration_seconds", "How long a sync of the kernel took.");
        NetworkProgramming.Write(text, "kubeproxy_network_programming_duration_seconds", "From the change of an endpoint (its last-change-trigger-time) to the kernel.");
        text.Single("kubeproxy_sync_proxy_rules_last_timestamp_seconds", "gauge", "When the last good sync ended.", Volatile.Read(ref _lastSync));
        text.Single("kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", "gauge", "When a sync was last asked for.", Volatile.Read(ref _lastQueued));
        text.Single("kubeproxy_sync_proxy_rules_service_changes_total", "counter", "Changes of Services.", Interlocked.Read(ref _serviceChanges));
        text.Single("kubeproxy_sync_proxy_rules_endpoint_changes_total", "counter", "Changes of EndpointSlices.", Interlocked.Read(ref _endpointChanges));
        text.Single("netagent_drift_repaired_rows_total", "counter", "Rows that somebody else changed and that were put right.", Interlocked.Read(ref _drift));
        text.Single("netagent_kernel_read_failures_total", "counter", "Reads of the kernel that failed.", Interlocked.Read(ref _readFailures));
        text.Single("netagent_configuration_rejected_total", "counter", "Configurations that were refused or taken back.", Interlocked.Read(ref _rejectedConfigurations));
        lock (_gate)
        {
            foreach (var probe in (ReadOnlySpan<string>)["healthz", "livez"])
            {
                text.Family($"kubeproxy_proxy_{probe}_total", "counter", $"Answers of /{probe}.");
                foreach (var code in (ReadOnlySpan<int>)[200, 503])
                {
                    text.Sample($"kubeproxy_proxy_{probe}_total", _probes.GetValueOrDefault((probe, code)), ("code", $"{code}"));
                }
            }
            text.Family("netagent_plugin_failures_total", "counter", "Calls in which a plugin threw, hung or broke its claims.");
            foreach (var (plugin, count) in _pluginFailures.OrderBy(failure => failure.Key, StringComparer.Ordinal))
            {
                text.Sample("netagent_plugin_failures_total", count, ("plugin", plugin));
            }
        }
    }

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;
}
