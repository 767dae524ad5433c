using NetAgent.Contracts;
using NetAgent.Host.Cluster;

namespace NetAgent.Host.Status;

/// <summary>Counts changes and, once they are in the kernel, how long endpoints took to get there.</summary>
internal sealed class ProgrammingLatency(AgentMetrics metrics, DateTimeOffset startedAt)
{
    private readonly List<(IpFamily Family, DateTimeOffset Trigger)> _waiting = [];

    public void Note(ClusterState before, ClusterUpdate update)
    {
        if (update.Changed.Everything)
        {
            return;
        }
        int services = 0, endpoints = 0;
        foreach (var name in update.Changed.Services)
        {
            var old = before.Services.GetValueOrDefault(name);
            var now = update.State.Services.GetValueOrDefault(name);
            if (old?.Service != now?.Service)
            {
                services++;
            }
            if (old is null || now is null || old.Slices != now.Slices)
            {
                endpoints++;
                NoteTriggers(old, now);
            }
        }
        metrics.Changed(services, endpoints);
    }

    /// <summary>What was noted is in the kernel.</summary>
    public void Programmed(DateTimeOffset now)
    {
        foreach (var (family, trigger) in _waiting)
        {
            metrics.Programmed(family, now > trigger ? now - trigger : TimeSpan.Zero);
        }
        _waiting.Clear();
    }

    // A trigger from before the start says how long the agent was away, not how long programming took.
    private void NoteTriggers(ServiceEndpoints? old, ServiceEndpoints? now)
    {
        if (now is null)
        {
            return;
        }
        foreach (var slice in now.Slices)
        {
            if (slice.LastChangeTriggerTime is { } trigger && trigger >= startedAt && !HadTrigger(old, slice.Name, trigger))
            {
                _waiting.Add((slice.AddressFamily, trigger));
            }
        }
    }

    private static bool HadTrigger(ServiceEndpoints? old, NamespacedName name, DateTimeOffset trigger)
    {
        foreach (var slice in old?.Slices ?? [])
        {
            if (slice.Name == name)
            {
                return slice.LastChangeTriggerTime == trigger;
            }
        }
        return false;
    }
}
