using NetAgent.Contracts;

namespace Samples;

/// <summary>Never returns from Reconcile, whatever its token says.</summary>
public sealed class Hangs : IDataplanePlugin
{
    public ConfigurationResult Configure(PluginConfiguration configuration) => new() { Claims = new() { Sysctls = ["net/hangs"] } };

    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken) => Thread.Sleep(Timeout.Infinite);
}
