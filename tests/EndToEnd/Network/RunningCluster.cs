using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Network;

/// <summary>The network, manifests and an agent on the first node. One for a class of tests; each test has Services of its own.</summary>
public sealed class RunningCluster : IDisposable
{
    private readonly ClusterNetwork? _network;
    private readonly RunningAgent? _agent;
    private readonly string _folder = Directory.CreateTempSubdirectory("netagent-e2e-").FullName;

    public RunningCluster()
    {
        if (new KernelFactAttribute().Skip is not null)
        {
            return;
        }
        _network = new ClusterNetwork();
        File.WriteAllText(Path.Combine(_folder, "agent.yaml"), $"""
            apiVersion: netagent.io/v1alpha1
            kind: NetAgentConfiguration
            stateDirectory: {_folder}/state
            plugins:
            - name: ipvs
              config:
                clusterCIDR: 10.244.0.0/16,fd00:10:244::/56
                ipvs:
                  udpTimeout: 3s
            """);
        _agent = _network.Node1.Do(() => Agent.Start(
            "--config", Path.Combine(_folder, "agent.yaml"), "--manifests", Manifests.Folder, "--node-name", "node-1"));
    }

    internal ClusterNetwork Network => _network!;

    internal Manifests Manifests { get; } = new();

    internal RunningAgent Running => _agent!;

    internal string Ipvs => Network.Node1.Script("ipvsadm -Sn");

    /// <summary>Waits until IPVS holds exactly these real servers of a virtual server, as <c>address:port</c> with weight above 0.</summary>
    internal void Programmed(string server, params string[] reals)
    {
        var wanted = reals.Order(StringComparer.Ordinal).ToArray();
        Running.WaitUntil(() => RealServers(server)?.SequenceEqual(wanted) == true, TimeSpan.FromSeconds(30),
            $"{server} -> {string.Join(' ', wanted)}; now:\n{Ipvs}");
    }

    /// <summary>Waits until a virtual server is gone.</summary>
    internal void Gone(string server) => Running.WaitUntil(() => RealServers(server) is null, TimeSpan.FromSeconds(30), $"{server} gone");

    public void Dispose()
    {
        _agent?.Dispose();
        _network?.Dispose();
        Directory.Delete(_folder, recursive: true);
        Directory.Delete(Manifests.Folder, recursive: true);
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
