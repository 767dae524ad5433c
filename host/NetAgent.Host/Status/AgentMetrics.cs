using System.Runtime.CompilerServices;
using NetAgent.Contracts;

namespace NetAgent.Host.Status;

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
    private long _refusedConfigurations;
    private int _pendingServices;
    private int _pendingEndpoints;
    private volatile IpFamily[] _families = [IpFamily.IPv4];
    private double _lastSync;
    private double _lastQueued;

    // 1 ms to 16.384 s.
    private readonly ByFamily<Histogram> _syncDuration = new(() => new(Histogram.Doubling(0.001, 15)));

    // kube-proxy's buckets: fine to a second, by seconds to a minute, coarse to five.
    private readonly ByFamily<Histogram> _networkProgramming = new(() => new(
    [
        0.25, 0.5, .. Enumerable.Range(1, 59).Select(i => (double)i), .. Enumerable.Range(12, 12).Select(i => i * 5.0),
        .. Enumerable.Range(4, 7).Select(i => i * 30.0),
    ]));

    private readonly ByFamily<StrongBox<long>> _restoreFailures = new(() => new());

    /// <summary>The families that the node has; IPv4 until it is known.</summary>
    public void NodeChanged(Node node)
    {
        var families = node.Addresses.Select(address => address.Family).Distinct().Order().ToArray();
        if (families.Length > 0)
        {
            _families = families;
        }
    }

    public void SyncTook(TimeSpan duration)
    {
        foreach (var family in _families)
        {
            _syncDuration[family].Observe(duration.TotalSeconds);
        }
    }

    public void Programmed(IpFamily family, TimeSpan latency) => _networkProgramming[family].Observe(latency.TotalSeconds);

    public void RestoreFailed(IpFamily family) => Interlocked.Increment(ref _restoreFailures[family].Value);

    public void Queued(DateTimeOffset now) => Volatile.Write(ref _lastQueued, Seconds(now));

    public void Synced(DateTimeOffset now)
    {
        Volatile.Write(ref _lastSync, Seconds(now));
        Volatile.Write(ref _pendingServices, 0);
        Volatile.Write(ref _pendingEndpoints, 0);
    }

    public void Changed(int services, int endpoints)
    {
        Interlocked.Add(ref _serviceChanges, services);
        Interlocked.Add(ref _endpointChanges, endpoints);
        Interlocked.Add(ref _pendingServices, services);
        Interlocked.Add(ref _pendingEndpoints, endpoints);
    }

    public void Drifted(int rows) => Interlocked.Add(ref _drift, rows);

    public void ReadFailed(int reads) => Interlocked.Add(ref _readFailures, reads);

    public void ConfigurationRefused() => Interlocked.Increment(ref _refusedConfigurations);

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
        WriteByFamily(text, "kubeproxy_sync_proxy_rules_duration_seconds", "histogram", "How long a sync of the kernel took.",
            (name, family, label) => _syncDuration[family].Write(text, name, label));
        WriteByFamily(text, "kubeproxy_network_programming_duration_seconds", "histogram",
            "From the change of an endpoint (its last-change-trigger-time) to the kernel.",
            (name, family, label) => _networkProgramming[family].Write(text, name, label));
        WriteByFamily(text, "kubeproxy_sync_proxy_rules_last_timestamp_seconds", "gauge", "When the last good sync ended.",
            (name, _, label) => text.Sample(name, Volatile.Read(ref _lastSync), label));
        WriteByFamily(text, "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", "gauge", "When a sync was last asked for.",
            (name, _, label) => text.Sample(name, Volatile.Read(ref _lastQueued), label));
        WriteByFamily(text, "kubeproxy_sync_proxy_rules_iptables_restore_failures_total", "counter",
            "Syncs in which chains or jumps were refused.",
            (name, family, label) => text.Sample(name, Interlocked.Read(ref _restoreFailures[family].Value), label));
        text.Single("kubeproxy_sync_proxy_rules_service_changes_pending", "gauge", "Changes of Services that are not in the kernel yet.",
            Volatile.Read(ref _pendingServices));
        text.Single("kubeproxy_sync_proxy_rules_endpoint_changes_pending", "gauge",
            "Changes of EndpointSlices that are not in the kernel yet.", Volatile.Read(ref _pendingEndpoints));
        text.Single("kubeproxy_sync_proxy_rules_service_changes_total", "counter", "Changes of Services.",
            Interlocked.Read(ref _serviceChanges));
        text.Single("kubeproxy_sync_proxy_rules_endpoint_changes_total", "counter", "Changes of EndpointSlices.",
            Interlocked.Read(ref _endpointChanges));
        text.Single("netagent_drift_repaired_rows_total", "counter", "Rows that somebody else changed and that were put right.",
            Interlocked.Read(ref _drift));
        text.Single("netagent_kernel_read_failures_total", "counter", "Reads of the kernel that failed.",
            Interlocked.Read(ref _readFailures));
        text.Single("netagent_configuration_rejected_total", "counter", "Configurations that were refused or taken back.",
            Interlocked.Read(ref _refusedConfigurations));
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

    private void WriteByFamily(PrometheusText text, string name, string type, string help, Action<string, IpFamily, (string, string)> write)
    {
        text.Family(name, type, help);
        foreach (var family in _families)
        {
            write(name, family, ("ip_family", family.ToString()));
        }
    }

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;
}
