using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Network;

/// <summary>The network and an agent with plugin ipvs on the first node. One for a class of tests; each test has Services of its own.</summary>
public sealed class RunningCluster : IDisposable
{
    private readonly ClusterNetwork? _network;
    private readonly NodeAgent? _agent;

    public RunningCluster()
    {
        if (new KernelFactAttribute().Skip is not null)
        {
            return;
        }
        _network = new ClusterNetwork();
        _agent = new NodeAgent(_network, """
            - name: ipvs
              config:
                clusterCIDR: 10.244.0.0/16,fd00:10:244::/56
                ipvs:
                  udpTimeout: 3s
            """).Start();
    }

    internal ClusterNetwork Network => _network!;

    internal NodeAgent Agent => _agent!;

    internal Manifests Manifests => Agent.Manifests;

    internal RunningAgent Running => Agent.Running;

    internal string Ipvs => Network.Node1.Script("ipvsadm -Sn");

    /// <summary>
    /// Waits until IPVS holds exactly these real servers of a virtual server, as <c>address:port</c> with weight above 0, and its address is
    /// the node's, which is programmed last.
    /// </summary>
    internal void Programmed(string server, params string[] reals)
    {
        var wanted = reals.Order(StringComparer.Ordinal).ToArray();
        Agent.Eventually(() => RealServers(server)?.SequenceEqual(wanted) == true, $"{server} -> {string.Join(' ', wanted)}");
        var address = server[(server.IndexOf(' ') + 1)..server.LastIndexOf(':')].Trim('[', ']');
        Agent.Eventually(() => Network.Node1.Script("ip -o addr").Contains($" {address}/", StringComparison.Ordinal), $"{address} on the node");
    }

    /// <summary>Waits until a virtual server is gone.</summary>
    internal void Gone(string server) => Agent.Eventually(() => RealServers(server) is null, $"{server} gone");

    public void Dispose()
    {
        _agent?.Dispose();
        _network?.Dispose();
    }

    private string[]? RealServers(string server)
    {
        var lines = Ipvs.Split('\n');
        if (!lines.Any(line => line.StartsWith("-A", StringComparison.Ordinal) && line.Contains($" {server} ", StringComparison.Ordinal)))
        {
            return null;
        }
        return [.. lines.Where(line => line.StartsWith("-a", StringComparison.Ordinal) && line.Contains($" {server} -r ", StringComparison.Ordinal)
                && !line.EndsWith(" -w 0", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[4])
            .Order(StringComparer.Ordinal)];
    }
}
