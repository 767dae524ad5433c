using System.Diagnostics.CodeAnalysis;
using NetAgent.Contracts;

namespace Samples;

/// <summary>Wants one sysctl, <c>path</c> (default net/allocates); once there is a Service named <c>trigger</c>, allocates without end.</summary>
public sealed class Allocates : IDataplanePlugin
{
    [SuppressMessage("Performance", "CA1823", Justification = "Keeps the memory in use")]
    private readonly List<byte[]> _kept = [];

    private string _path = "net/allocates";

    public ConfigurationResult Configure(PluginConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        _path = configuration.Inline?.Entries.FirstOrDefault(entry => entry.Key == "path")?.Value.Text ?? _path;
        return new() { Claims = new() { Sysctls = [_path] } };
    }

    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(slice);
        while (input.Cluster.Services.ContainsKey(new("default", "trigger")))
        {
            var block = new byte[1 << 20];
            Array.Fill(block, (byte)1);
            _kept.Add(block);
        }
        var rows = new RowSet();
        rows.Sysctls.Add(new(_path, "1"));
        slice.Replace("all", rows);
    }
}
