using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Services;

/// <summary>What the agent's pod can do to its node besides its network: nothing. See docs/rbac.md, "On the node".</summary>
public sealed class ContainmentTests
{
    // Everything that its user may write, as the kernel answers it.
    private const string FindWritable = "find /proc/sys /sys /host /etc /run /var -type f -writable 2>/dev/null || true";

    // Each in the pod as it is deployed, the last ones where an earlier one that went through would mislead them.
    private static readonly string[] WaysOut =
    [
        "echo '|/tmp/x' > /proc/sys/kernel/core_pattern",
        "echo '|/tmp/x' > /host/proc/sys/kernel/core_pattern",
        "echo /tmp/x > /proc/sys/kernel/modprobe",
        "echo h > /proc/sysrq-trigger",
        "mknod /tmp/memory c 1 1",
        "touch /etc/sysctl.d/x.conf || touch /host/etc/sysctl.d/x.conf",
        "unshare --mount true",
        "nsenter --target 1 --mount true",
        "chroot /tmp true",
        "mount -t proc proc /tmp",
        "mount -o remount,rw /proc/sys",
        "umount /proc/sys",
    ];

    [KernelFact]
    public void The_pod_programs_the_node_through_what_it_mounts()
    {
        using var network = new ClusterNetwork();
        using var pod = Create(network.Node1, Shell.Run("iptables", "--version").Contains("legacy", StringComparison.Ordinal) ? ["legacy-iptables"] : []);
        var manifests = new Manifests();
        manifests.Service("web", "10.96.9.1", Manifests.Port(), [Manifests.Ready(ClusterNetwork.PodA)]);
        pod.Mount(manifests.Folder, "/manifests", isReadOnly: true);

        var (code, output, error) = pod.Run("/app/netagent run --once --within 5m --config /etc/netagent/agent/agent.yaml --manifests /manifests --node-name node-1");

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
    public void Nothing_but_network_sysctls_and_its_state_can_be_written_and_ways_out_are_refused()
    {
        using var node = new NetworkHost("contained");
        // As it is without components: one of legacy iptables adds its lock.
        using var pod = Create(node);
        var before = File.ReadAllText("/proc/sys/kernel/core_pattern");

        var (_, written, _) = pod.Run(FindWritable);
        Assert.Contains("/host/proc/sys/net/ipv4/ip_forward", written, StringComparison.Ordinal);
        Assert.All(written.Split('\n', StringSplitOptions.RemoveEmptyEntries), file => Assert.StartsWith("/host/proc/sys/net/", file, StringComparison.Ordinal));

        var attempts = WaysOut.Select((way, i) => $"if ({way}) >/dev/null 2>&1; then echo went through: {i}; fi");
        var (code, output, error) = pod.Run($"""
            awk '$6 ~ /^rw/ && $5 !~ /^\/dev\// {"{"} print $5 {"}"}' /proc/self/mountinfo | sort
            {string.Join('\n', attempts)}
            echo tried
            """);

        Assert.True(code == 0, $"exit {code}\n{output}{error}");
        Assert.Equal(["/host/proc/sys/net", "/proc", "/tmp", "/var/lib/netagent", "tried"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(before, File.ReadAllText("/proc/sys/kernel/core_pattern"));
    }

    [KernelFact]
    public void A_mount_of_the_whole_of_proc_would_be_root_on_the_node_and_a_read_only_one_of_sys_too()
    {
        using var node = new NetworkHost("contained");
        using var pod = Create(node)
            .Before("mount -t cgroup2 cgroup2 /sys/fs/cgroup")
            .Mount("/proc", "/host/whole/proc", isReadOnly: false)
            .Mount("/sys", "/host/whole/sys", isReadOnly: true);

        var (_, written, _) = pod.Run("find /host/whole/proc/sys/kernel /host/whole/sys/fs /host/whole/sys/kernel -type f -writable 2>/dev/null || true");

        Assert.Contains("/host/whole/proc/sys/kernel/core_pattern\n", written, StringComparison.Ordinal);
        // A read-only mount is that of its own file system alone.
        Assert.Contains("/host/whole/sys/fs/cgroup/cgroup.subtree_control\n", written, StringComparison.Ordinal);
        Assert.DoesNotContain("/host/whole/sys/kernel/", written, StringComparison.Ordinal);
    }

    private static PodSandbox Create(NetworkHost node, params string[] components)
    {
        var pod = new PodSandbox(node, Kustomize.Unrendered(components));
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
