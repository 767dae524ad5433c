using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Services;

/// <summary>What the DaemonSet gives is enough; what is missing is named.</summary>
public sealed class CapabilityTests
{
    private const string Plugins = """
        - {name: ipvs, config: {clusterCIDR: 10.244.0.0/16}}
        - {name: masq-agent, configFile: absent}
        - {name: metallb-arp, config: {mode: all}}
        """;

    [KernelTheory]
    [InlineData("net_admin", "legacy")]
    [InlineData("net_admin,net_raw", "")]
    public void With_the_pods_capabilities_everything_is_programmed_and_legacy_iptables_names_the_one_it_lacks(string capabilities, string lackingFor)
    {
        using var network = new ClusterNetwork();
        using var agent = new NodeAgent(network, Plugins);
        agent.Manifests.Service("web", "10.96.9.1", Manifests.Port(), [Manifests.Ready(ClusterNetwork.PodA)]);
        var isLacking = lackingFor.Length > 0 && Shell.Run("iptables", "--version").Contains(lackingFor, StringComparison.Ordinal);
        var set = "-all," + string.Join(',', capabilities.Split(',').Select(capability => "+" + capability));

        var (code, output, error) = network.Node1.Do(() => Shell.TryRun("setpriv", "--bounding-set", set, "--inh-caps", set,
            Agent.Executable, "run", "--once", "--within", isLacking ? "20s" : "90s", "--config", agent.Configuration, "--manifests", agent.Manifests.Folder, "--node-name", "node-1"));

        Assert.True(code == (isLacking ? 1 : 0), $"exit {code}\n{output}{error}");
        Assert.Equal(isLacking, error.Contains("legacy iptables takes CAP_NET_RAW", StringComparison.Ordinal));
        if (!isLacking)
        {
            Assert.Contains("-t 10.96.9.1:80", network.Node1.Script("ipvsadm -Sn"), StringComparison.Ordinal);
            Assert.Contains("-j IP-MASQ-AGENT", network.Node1.Script("iptables-save -t nat"), StringComparison.Ordinal);
            Assert.Equal("2", network.Node1.Script("cat /proc/sys/net/ipv4/conf/all/arp_announce").Trim());
        }
        network.Node1.Do(() => Agent.Run("cleanup", "--config", agent.Configuration));
    }
}
