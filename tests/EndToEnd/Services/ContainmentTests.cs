using System.Text.Json.Nodes;
using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Services;

/// <summary>What the agent's pod can do to its node besides its network: nothing. See docs/rbac.md, "On the node".</summary>
public sealed class ContainmentTests
{
    // Everything that its user may write, as the kernel answers it.
    private const string FindWritable = "find /proc/sys /sys /host /etc /run /var -type f -writable 2>/dev/null || true";

    [KernelFact]
    public void The_pod_programs_the_node_through_what_it_mounts()
    {
        using var network = new ClusterNetwork();
        using var pod = Create(network);
        var manifests = new Manifests();
        manifests.Service("web", "10.96.9.1", Manifests.Port(), [Manifests.Ready(ClusterNetwork.PodA)]);
        pod.Mount(manifests.Folder, "/manifests", isReadOnly: true);

        var (code, output, error) = pod.Run("/app/netagent run --once --config /etc/netagent/agent/agent.yaml --manifests /manifests --node-name node-1");

        Assert.True(code == 0, $"exit {code}\n{output}{error}");
        Assert.Contains("-t 10.96.9.1:80", network.Node1.Script("ipvsadm -Sn"), StringComparison.Ordinal);
        // Through /host/proc/sys/net alone: the container's own is read-only.
        Assert.Equal("1", network.Node1.Script("cat /proc/sys/net/ipv4/conf/all/arp_ignore").Trim());
        Assert.Equal("3600", network.Node1.Script("cat /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established").Trim());
        Assert.True(File.Exists(Path.Combine(pod.Disk, "var/lib/netagent/state.json")));

        (code, output, error) = pod.Run("/app/netagent cleanup --config /etc/netagent/agent/agent.yaml");
        Assert.True(code == 0, $"exit {code}\n{output}{error}");
        Assert.Equal("0", network.Node1.Script("cat /proc/sys/net/ipv4/conf/all/arp_ignore").Trim());
    }

    [KernelFact]
    public void Nothing_but_network_sysctls_and_its_state_can_be_written()
    {
        using var node = new NetworkHost("contained");
        // As it is without components: one of legacy iptables adds its lock.
        using var pod = Create(node, Kustomize.Base());

        var (_, written, _) = pod.Run(FindWritable);

        Assert.Contains("/host/proc/sys/net/ipv4/ip_forward", written, StringComparison.Ordinal);
        Assert.All(written.Split('\n', StringSplitOptions.RemoveEmptyEntries), file => Assert.StartsWith("/host/proc/sys/net/", file, StringComparison.Ordinal));
        var (_, mounts, _) = pod.Run("awk '$6 ~ /^rw/ { print $5 }' /proc/self/mountinfo");
        Assert.Equal(["/host/proc/sys/net", "/proc", "/tmp", "/var/lib/netagent"],
            mounts.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(path => !path.StartsWith("/dev/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [KernelTheory]
    [InlineData("echo '|/tmp/x' > /proc/sys/kernel/core_pattern")]
    [InlineData("echo '|/tmp/x' > /host/proc/sys/kernel/core_pattern")]
    [InlineData("echo /tmp/x > /proc/sys/kernel/modprobe")]
    [InlineData("echo h > /proc/sysrq-trigger")]
    [InlineData("mount -o remount,rw /proc/sys")]
    [InlineData("umount /proc/sys")]
    [InlineData("mount -t proc proc /tmp")]
    [InlineData("mknod /tmp/memory c 1 1")]
    [InlineData("unshare --mount true")]
    [InlineData("nsenter --target 1 --mount true")]
    [InlineData("chroot /tmp true")]
    [InlineData("touch /etc/sysctl.d/x.conf || touch /host/etc/sysctl.d/x.conf")]
    public void A_way_out_is_refused(string attempt)
    {
        using var node = new NetworkHost("contained");
        using var pod = Create(node, Kustomize.Base());
        var before = File.ReadAllText("/proc/sys/kernel/core_pattern");

        var (code, output, error) = pod.Run(attempt);

        Assert.True(code != 0, $"{attempt} went through\n{output}{error}");
        Assert.Equal(before, File.ReadAllText("/proc/sys/kernel/core_pattern"));
    }

    [KernelFact]
    public void A_mount_of_the_whole_of_proc_would_be_root_on_the_node_and_a_read_only_one_of_sys_too()
    {
        using var node = new NetworkHost("contained");
        using var pod = Create(node, Kustomize.Base())
            .Before("mount -t cgroup2 cgroup2 /sys/fs/cgroup")
            .Mount("/proc", "/host/whole/proc", isReadOnly: false)
            .Mount("/sys", "/host/whole/sys", isReadOnly: true);

        var (_, written, _) = pod.Run("find /host/whole/proc/sys/kernel /host/whole/sys/fs /host/whole/sys/kernel -type f -writable 2>/dev/null || true");

        Assert.Contains("/host/whole/proc/sys/kernel/core_pattern\n", written, StringComparison.Ordinal);
        // A read-only mount is that of its own file system alone.
        Assert.Contains("/host/whole/sys/fs/cgroup/cgroup.subtree_control\n", written, StringComparison.Ordinal);
        Assert.DoesNotContain("/host/whole/sys/kernel/", written, StringComparison.Ordinal);
    }

    private static PodSandbox Create(ClusterNetwork network)
    {
        var isLegacy = Shell.Run("iptables", "--version").Contains("legacy", StringComparison.Ordinal);
        return Create(network.Node1, isLegacy ? Kustomize.Overlay("", "legacy-iptables") : Kustomize.Base());
    }

    private static PodSandbox Create(NetworkHost node, IReadOnlyList<JsonNode> objects)
    {
        var pod = new PodSandbox(node, objects);
        pod.WriteConfigMap("kube-proxy", "config.conf", """
            apiVersion: kubeproxy.config.k8s.io/v1alpha1
            kind: KubeProxyConfiguration
            mode: ipvs
            clusterCIDR: 10.244.0.0/16
            ipvs: {strictARP: true}
            conntrack: {tcpEstablishedTimeout: 1h0m0s}
            """);
        return pod;
    }
}
