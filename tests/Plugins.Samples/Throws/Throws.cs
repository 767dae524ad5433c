using NetAgent.Contracts;

namespace Samples;

/// <summary>Throws in every call, the first time after having written half of what it wants.</summary>
public sealed class Throws : IDataplanePlugin
{
    public ConfigurationResult Configure(PluginConfiguration configuration) => new() { Claims = new() { Sysctls = ["net/throws"] } };

    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(slice);
        var rows = new RowSet();
        rows.Sysctls.Add(new("net/throws", "1"));
        slice.Replace("half", rows);
        throw new InvalidOperationException("this plugin always throws");
    }
}
