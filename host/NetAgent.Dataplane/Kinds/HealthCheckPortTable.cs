using NetAgent.Contracts;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Kinds;

/// <summary>The health-check ports that the host serves: no kernel state, but it comes and goes as such.</summary>
internal sealed class HealthCheckPortTable : IKernelTable<ushort, HealthCheckPort>
{
    private readonly Dictionary<ushort, HealthCheckPort> _ports = [];
    private volatile IReadOnlyCollection<HealthCheckPort> _snapshot = [];

    public string Name => "health-check ports";

    /// <summary>As of the last change, by port.</summary>
    public IReadOnlyCollection<HealthCheckPort> Snapshot => _snapshot;

    public event EventHandler? Changed;

    public IReadOnlyDictionary<ushort, HealthCheckPort> Read() => _ports;

    public void Apply(IReadOnlyList<RowChange<HealthCheckPort>> changes, ICollection<RowRefusal> refusals)
    {
        foreach (var change in changes)
        {
            if (change.Kind == RowChangeKind.Remove)
            {
                _ports.Remove(change.Row.Port);
            }
            else
            {
                _ports[change.Row.Port] = change.Row;
            }
        }
        if (changes.Count > 0)
        {
            _snapshot = [.. _ports.Values.OrderBy(port => port.Port)];
            Changed?.Invoke(this, EventArgs.Empty);
        }
    }
}
