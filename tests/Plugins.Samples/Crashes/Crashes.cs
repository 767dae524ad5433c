using NetAgent.Contracts;

namespace Samples;

/// <summary>Wants one sysctl; a Service named <c>trigger</c> ends the whole process, one named <c>hang</c> holds the call for ever.</summary>
public sealed class Crashes : IDataplanePlugin
{
    public ConfigurationResult Configure(PluginConfiguration configuration) => new() { Claims = new() { Sysctls = ["net/crashes"] } };

    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(slice);
        if (input.Cluster.Services.ContainsKey(new("default", "trigger")))
        {
            Environment.FailFast("told to crash");
        }
        if (input.Cluster.Services.ContainsKey(new("default", "hang")))
        {
            Thread.Sleep(Timeout.Infinite);
        }
        var rows = new RowSet();
        rows.Sysctls.Add(new("net/crashes", "1"));
        slice.Replace("all", rows);
    }
}
