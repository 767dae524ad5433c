using NetAgent.Contracts;

namespace Samples;

/// <summary>Asks for a contract that does not exist yet; must be refused before this code is loaded.</summary>
public sealed class Newer : IDataplanePlugin
{
    public ConfigurationResult Configure(PluginConfiguration configuration) => throw new NotSupportedException("must not be loaded");

    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken) => throw new NotSupportedException("must not be loaded");
}
