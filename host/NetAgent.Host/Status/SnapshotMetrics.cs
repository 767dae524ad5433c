using NetAgent.Cluster;
using NetAgent.Contracts;

namespace NetAgent.Host.Status;

/// <summary>Gauges read off a snapshot.</summary>
internal static class SnapshotMetrics
{
    public static void Write(PrometheusText text, AgentSnapshot snapshot, DateTimeOffset now)
    {
        text.Family("netagent_build_info", "gauge", "1, with the version.");
        text.Sample("netagent_build_info", 1, ("version", AgentVersion.Text));
        text.Single("netagent_start_time_seconds", "gauge", "When the agent started.", snapshot.StartedAt.ToUnixTimeSeconds());
        text.Single("netagent_cluster_complete", "gauge", "1 once every kind was read in full.", snapshot.IsClusterComplete ? 1 : 0);
        text.Single("netagent_node_present", "gauge", "1 while this Node is in the cluster.",
            snapshot.IsNodeKnown && !snapshot.IsNodeGone ? 1 : 0);
        text.Single("netagent_degraded", "gauge", "1 while `netagent status` says DEGRADED.", snapshot.IsDegraded ? 1 : 0);
        text.Single("netagent_events_written_total", "counter", "Events written on the Node, repeats included.", snapshot.Events.Written);
        text.Single("netagent_events_dropped_total", "counter",
            "Events lost: too many of a reason, or the API server was unwell for too long.", snapshot.Events.Dropped);
        text.Single("netagent_events_refused_total", "counter", "Events that the API server would not take, most often for want of rights.",
            snapshot.Events.Refused);
        text.Single("netagent_services", "gauge", "Services known.", snapshot.ServiceCount);
        text.Family("netagent_configuration_info", "gauge", "1, with the digest of the configuration in force.");
        text.Sample("netagent_configuration_info", 1, ("digest", snapshot.ConfigurationDigest ?? ""));
        text.Single("netagent_configuration_stale", "gauge",
            "1 while the files as they are now are not in force, the agent's or a plugin's.",
            snapshot.ConfigurationRefusal is null && !snapshot.Plugins.Any(plugin => plugin.Problems.Any(problem => problem.IsError))
                ? 0 : 1);
        WriteResources(text, snapshot, now);
        WritePlugins(text, snapshot);
        WriteTables(text, snapshot);
        text.Single("netagent_draining_real_servers", "gauge", "Real servers at weight 0 that wait for their connections to end.",
            snapshot.Dataplane.Draining);
        if (snapshot.Dataplane.LastVerify is { } verified)
        {
            text.Single("netagent_last_verify_age_seconds", "gauge", "Since the kernel was last read in full.",
                Math.Max(0, (now - verified).TotalSeconds));
        }
        text.Family("netagent_notices", "gauge", "What an operator should see, by severity.");
        foreach (var severity in Enum.GetValues<Severity>())
        {
            text.Sample("netagent_notices", snapshot.Notices.Count(notice => notice.Notice.Severity == severity),
                ("severity", severity.ToString().ToLowerInvariant()));
        }
        WriteGauges(text, snapshot);
    }

    private static void WriteResources(PrometheusText text, AgentSnapshot snapshot, DateTimeOffset now)
    {
        Write("netagent_watch_objects", "gauge", "Objects followed at the API server.", resource => resource.Objects);
        Write("netagent_watch_lists_total", "counter", "Lists read; more than one means that the server had forgotten where we were.",
            resource => resource.Lists);
        Write("netagent_watch_events_total", "counter", "Watch events taken.", resource => resource.Events);
        Write("netagent_watch_failures_total", "counter", "Requests and streams that failed.", resource => resource.Failures);
        Write("netagent_watch_up", "gauge", "0 while the last request or stream has failed and none has come to anything since.",
            resource => resource.IsFailing ? 0 : 1);
        Write("netagent_watch_last_contact_age_seconds", "gauge", "Since the server last sent something.",
            resource => resource.LastContact is { } contact ? Math.Max(0, (now - contact).TotalSeconds) : double.NaN);

        void Write(string name, string type, string help, Func<ResourceStatus, double> value)
        {
            text.Family(name, type, help);
            foreach (var resource in snapshot.Resources)
            {
                text.Sample(name, value(resource), ("resource", resource.Resource));
            }
        }
    }

    private static void WritePlugins(PrometheusText text, AgentSnapshot snapshot)
    {
        text.Family("netagent_plugin_state", "gauge", "1 for the state that a plugin is in.");
        foreach (var plugin in snapshot.Plugins)
        {
            foreach (var state in Enum.GetValues<PluginState>())
            {
                text.Sample("netagent_plugin_state", plugin.State == state ? 1 : 0, ("plugin", plugin.Name),
                    ("state", state.ToString().ToLowerInvariant()));
            }
        }
        text.Family("netagent_plugin_refused", "gauge", "1 with the reason why a plugin does not run.");
        foreach (var plugin in snapshot.Plugins.Where(plugin => plugin.State == PluginState.Refused))
        {
            text.Sample("netagent_plugin_refused", 1, ("plugin", plugin.Name), ("reason", plugin.Reason ?? ""));
        }
        text.Family("netagent_plugin_process_starts_total", "counter", "Starts of the process of a plugin under isolation: process.");
        foreach (var plugin in snapshot.Plugins)
        {
            if (plugin.ProcessStarts is { } starts)
            {
                text.Sample("netagent_plugin_process_starts_total", starts, ("plugin", plugin.Name));
            }
        }
        text.Single("netagent_plugin_contexts_leaked", "gauge", "Unloaded plugins whose memory something still holds.",
            snapshot.LeakedPlugins.Count);
    }

    private static void WriteTables(PrometheusText text, AgentSnapshot snapshot)
    {
        WriteTable("netagent_rows_desired", "Rows wanted.", table => table.Desired);
        WriteTable("netagent_rows_actual", "Rows of ours in the kernel.", table => table.Actual);
        WriteTable("netagent_rows_foreign", "Objects in the kernel that are nobody's here.", table => table.Foreign);
        WriteTable("netagent_rows_failed", "Rows that the kernel refuses.", table => table.Failed);

        text.Family("netagent_rows_conflicting", "gauge", "Rows that lose to another claim.");
        foreach (var plugin in snapshot.Plugins)
        {
            text.Sample("netagent_rows_conflicting",
                snapshot.Dataplane.Failed.Count(row => row.Plugin == plugin.Name && row.IsConflict), ("plugin", plugin.Name));
        }

        void WriteTable(string name, string help, Func<Dataplane.TableStatus, double> value)
        {
            text.Family(name, "gauge", help);
            foreach (var table in snapshot.Dataplane.Tables)
            {
                text.Sample(name, value(table), ("table", table.Table));
            }
        }
    }

    private static void WriteGauges(PrometheusText text, AgentSnapshot snapshot)
    {
        foreach (var family in snapshot.Dataplane.Gauges.GroupBy(gauge => gauge.Gauge.Name)
            .OrderBy(family => family.Key, StringComparer.Ordinal))
        {
            text.Family(family.Key, "gauge", $"From plugin {family.First().Plugin}.");
            foreach (var (_, gauge) in family)
            {
                text.Sample(gauge.Name, gauge.Value, [.. gauge.Labels.Select(label => (label.Key, label.Value))]);
            }
        }
    }
}
