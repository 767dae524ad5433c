using NetAgent.Contracts;

namespace Samples;

/// <summary>
/// A virtual server for each port of each Service and a real server for each ready endpoint, one scope a Service, changed Services only.
/// Talks on standard output all the while.
/// </summary>
public sealed class Mirror : IDataplanePlugin
{
    private readonly RowSet _rows = new();

    public ConfigurationResult Configure(PluginConfiguration configuration) => new()
    {
        Claims = new() { VirtualServers = [VirtualServerClaim.All], IpSets = ["MIRROR"] },
        Observations = new() { Links = true },
        Period = TimeSpan.FromMinutes(1),
    };

    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(slice);
        Console.WriteLine($"{input.Cluster.Services.Count} services");
        using (var raw = Console.OpenStandardOutput())
        {
            raw.Write("\u0001\u0001 no frame\n"u8);
        }
        IEnumerable<NamespacedName> names = input.Changed.Everything ? input.Cluster.Services.Keys : input.Changed.Services;
        foreach (var name in names)
        {
            _rows.Clear();
            if (input.Cluster.Services.TryGetValue(name, out var service))
            {
                Write(service);
            }
            if (_rows.VirtualServers.Count == 0)
            {
                slice.Remove(name.ToString());
            }
            else
            {
                slice.Replace(name.ToString(), _rows);
            }
        }
        foreach (var scope in slice.Scopes.Where(scope => scope != "set" && !Knows(input.Cluster, scope)).ToArray())
        {
            slice.Remove(scope);
        }
        _rows.Clear();
        _rows.IpSets.Add(new("MIRROR", IpSetType.HashIpPort, IpFamily.IPv4) { MaxElements = 65536 });
        _rows.Gauges.Add(new("mirror_entries", slice.CountEntries("MIRROR")) { Labels = [new("node", input.NodeName)] });
        _rows.Notices.Add(new(Severity.Information, "Seen", $"{input.Facts.CpuCount} CPUs, {slice.Scopes.Count} scopes")
        {
            Service = new("default", "seen"),
        });
        slice.Replace("set", _rows);
    }

    private static bool Knows(ClusterState cluster, string scope) =>
        scope.Split('/') is [var space, var name] && cluster.Services.ContainsKey(new(space, name));

    private void Write(ServiceEndpoints service)
    {
        foreach (var port in service.Service.Ports)
        {
            foreach (var address in service.Service.ClusterIPs)
            {
                var key = new VirtualServerKey(port.Protocol, address, port.Port);
                _rows.VirtualServers.Add(new(key, "rr"));
                _rows.IpSetEntries.Add(IpSetEntry.ForIpPort("MIRROR", address, port.Protocol, port.Port));
                foreach (var slice in service.Slices)
                {
                    foreach (var endpoint in slice.Endpoints)
                    {
                        if (endpoint.IsReady)
                        {
                            _rows.RealServers.Add(new(new(key, endpoint.Address, slice.Ports[0].Port), 1));
                        }
                    }
                }
            }
        }
    }
}
