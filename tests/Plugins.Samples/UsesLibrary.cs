using NetAgent.Contracts;

namespace Samples;

/// <summary>Says which version of its library it got.</summary>
public sealed class UsesLibrary : IDataplanePlugin
{
    public ConfigurationResult Configure(PluginConfiguration configuration) => new();

    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(slice);
        var rows = new RowSet();
        rows.Notices.Add(new(Severity.Information, "Library", SampleLibrary.Answer.Text));
        slice.Replace("all", rows);
    }
}
