using NetAgent.Plugins.Tests;
using NetAgent.TestKit;

namespace NetAgent.MetallbArp.Tests;

/// <summary>A node with a service address on a dummy that is down, a neighbour on its uplink, a pod behind an unnumbered veth; real ARP.</summary>
[Trait("Category", "Kernel")]
public sealed class KernelArpTests
{
    private const string Vip = "192.0.2.100", NodeAddress = "192.0.2.11";

    [KernelTheory]
    [InlineData("off", true, true)]
    [InlineData("observe", true, true)]
    [InlineData("interfaces", false, true)]
    [InlineData("all", false, false)]
    public void A_neighbour_and_a_pod_get_the_answers_that_the_mode_says(string mode, bool vipAnswers, bool podGatewayAnswers) => NetworkNamespace.Run(() =>
    {
        Build();
        try
        {
            Assert.True(Answers("neigh", "out", Vip));

            var node = ArpNode.Create("{\"mode\": \"" + mode + "\"}", ArpNode.Eth0, ArpNode.KubeIpvs0, ArpNode.Pod);
            Read(node);
            node.Look();
            foreach (var row in node.Slice.Sysctls.Rows)
            {
                File.WriteAllText("/proc/sys/" + row.Path, row.Value);
            }

            Assert.Equal(vipAnswers, Answers("neigh", "out", Vip));
            Assert.True(Answers("neigh", "out", NodeAddress));
            Assert.Equal(podGatewayAnswers, Answers("pod", "eth0", "169.254.1.1"));

            // Rows alone decide: seen again, the kernel's values give the same ones.
            var rows = node.Slice.Sysctls.Rows;
            Read(node);
            node.Look(TimeSpan.FromMinutes(1));
            Assert.Equal(rows, node.Slice.Sysctls.Rows);
        }
        finally
        {
            Shell.Run("ip", "netns", "del", "neigh");
            Shell.Run("ip", "netns", "del", "pod");
        }
    });

    private static void Build()
    {
        foreach (var line in $"""
            netns add neigh
            netns add pod
            link add eth0 type veth peer name out netns neigh
            addr add {NodeAddress}/24 dev eth0
            link set eth0 up
            link add kube-ipvs0 type dummy
            addr add {Vip}/32 dev kube-ipvs0
            link add cali12345 type veth peer name eth0 netns pod
            link set cali12345 up
            addr add 169.254.1.1/32 dev kube-ipvs0
            route add 10.244.0.5/32 dev cali12345
            -n neigh addr add 192.0.2.12/24 dev out
            -n neigh link set out up
            -n pod addr add 10.244.0.5/32 dev eth0
            -n pod link set eth0 up
            -n pod route add 169.254.1.1/32 dev eth0
            """.Split('\n'))
        {
            Shell.Run("ip", line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    /// <summary>Whether somebody on the link answers ARP for the address.</summary>
    private static bool Answers(string space, string link, string address)
    {
        Shell.TryRun("ip", "-n", space, "neigh", "flush", "dev", link);
        // One packet makes the kernel ask; it gives up after about three seconds.
        var asked = Shell.TryRun("ip", "netns", "exec", space, "bash", "-c",
            $"echo > /dev/udp/{address}/9; for i in $(seq 40); do ip neigh show {address} dev {link} | grep -q -e lladdr -e FAILED && break; sleep 0.1; done; ip neigh show {address} dev {link}");
        Assert.Contains(address, asked.Output);
        return asked.Output.Contains("lladdr", StringComparison.Ordinal);
    }

    private static void Read(ModelNode node)
    {
        foreach (var path in node.Sysctls.Keys.ToList())
        {
            if (File.Exists("/proc/sys/" + path))
            {
                node.Sysctls[path] = File.ReadAllText("/proc/sys/" + path).Trim();
            }
        }
    }
}
