using NetAgent.TestKit;
using static NetAgent.EndToEnd.Tests.Network.ClusterNetwork;

namespace NetAgent.EndToEnd.Tests.Network;

/// <summary>The network itself, with no agent: what fails here is not the agent's fault.</summary>
public sealed class ClusterNetworkTests
{
    [KernelFact]
    public void Hosts_and_pods_reach_each_other_with_their_own_addresses()
    {
        using var net = new ClusterNetwork();
        net.Node1.Script("echo 1 > /proc/sys/net/ipv4/ip_forward");
        Assert.Equal(["pod-b", PodA], net.A.Tcp(PodB, 8080).Split(' ')[..2]);
        Assert.Equal(["pod-c", PodA], net.A.Tcp(PodC, 8080).Split(' ')[..2]);
        Assert.Equal(["pod-a", OutsideAddress], net.Outside.Tcp(PodA, 8080).Split(' ')[..2]);
        Assert.Equal(["pod-a", NodeAddress], net.Node1.Tcp(PodA, 8080).Split(' ')[..2]);
        Assert.Equal(["pod-c", NodeAddress], net.Node1.Tcp(PodC, 8080).Split(' ')[..2]);
        Assert.Equal(["pod-c", PodA6], net.A.Tcp(PodC6, 8080).Split(' ')[..2]);
        Assert.Equal(["pod-a", OutsideAddress6], net.Outside.Tcp(PodA6, 8080).Split(' ')[..2]);
        Assert.Equal(["pod-c", OutsideAddress], net.Outside.Udp(PodC, 8080).Split(' ')[..2]);
    }
}
