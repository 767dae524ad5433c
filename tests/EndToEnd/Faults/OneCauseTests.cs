using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Faults;

/// <summary>One cause for which many rows fail, shown by the kernel itself: told once, with what is missing for it.</summary>
public sealed class OneCauseTests
{
    private const string Plugins = "- {name: ipvs, config: {clusterCIDR: 10.244.0.0/16}}";

    [KernelFact]
    public void Sysctls_on_a_read_only_mount_are_one_line_and_the_rest_is_served()
    {
        using var network = new ClusterNetwork();
        using var agent = Agent(network);

        var (code, told) = Once(network, agent, "unshare", "--mount", "sh", "-c",
            "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec \"$@\"", "sh");

        Assert.Equal(1, code);
        Assert.Matches("^  ipvs: read-only file system \\(EROFS\\); not in the kernel: [0-9]+ sysctls, for example net/", Assert.Single(told[1..]));
        Assert.StartsWith("pod-a ", network.Outside.Tcp("10.96.7.1"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_capability_that_is_missing_is_told_by_cause_and_not_by_row()
    {
        using var network = new ClusterNetwork();
        using var agent = Agent(network);

        var (code, told) = Once(network, agent, "setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin");

        Assert.Equal(1, code);
        Assert.Contains("ipvs: operation not permitted (EPERM); the agent needs CAP_NET_ADMIN; not in the kernel: ", Assert.Single(told, line => line.Contains("sysctls", StringComparison.Ordinal)), StringComparison.Ordinal);
        // What may not be asked for is not called missing.
        Assert.DoesNotContain("modprobe", string.Join('\n', told), StringComparison.Ordinal);
    }

    private static NodeAgent Agent(ClusterNetwork network)
    {
        var agent = new NodeAgent(network, Plugins);
        agent.Manifests.Service("web", "10.96.7.1", Manifests.Port(), [Manifests.Ready(ClusterNetwork.PodA)]);
        return agent;
    }

    // What is said at the end, and not what the log says on the way.
    private static (int Code, string[] Told) Once(ClusterNetwork network, NodeAgent agent, params string[] around)
    {
        var (code, output, error) = network.Node1.Do(() => Shell.TryRun(around[0],
            [.. around[1..], TestKit.Agent.Executable, "run", "--once", "--within", "20s", "--config", agent.Configuration, "--manifests", agent.Manifests.Folder, "--node-name", "node-1"]));
        var at = error.IndexOf("the kernel does not hold what is wanted", StringComparison.Ordinal);
        Assert.True(at >= 0, $"exit {code}\n{output}{error}");
        TestContext.Current.SendDiagnosticMessage("{0}", error[at..]);
        return (code, error[at..].TrimEnd().Split('\n'));
    }
}
