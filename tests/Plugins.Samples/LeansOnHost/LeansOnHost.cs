using NetAgent.Contracts;

namespace Samples;

/// <summary>Says where its YAML library came from.</summary>
public sealed class LeansOnHost : IDataplanePlugin
{
    public ConfigurationResult Configure(PluginConfiguration configuration) => new();

    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(slice);
        var rows = new RowSet();
        rows.Notices.Add(new(Severity.Information, "Library", typeof(YamlDotNet.Core.Parser).Assembly.Location));
        slice.Replace("all", rows);
    }
}
