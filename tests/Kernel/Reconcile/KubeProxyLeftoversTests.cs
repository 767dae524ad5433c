using NetAgent.Dataplane.Linux;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Reconcile;

/// <summary><c>netagent cleanup --kube-proxy</c> where kube-proxy ran in iptables and in IPVS mode, beside what is others'.</summary>
[Trait("Category", "Kernel")]
public sealed class KubeProxyLeftoversTests
{
    // The kubelet's (KUBE-MARK-DROP is its own in older releases), Docker's, and names that only look alike.
    private const string Foreign = """
        for t in iptables ip6tables; do
          $t -t nat -N KUBE-MARK-DROP; $t -t nat -A KUBE-MARK-DROP -j MARK --or-mark 0x8000
          $t -t nat -N KUBE-KUBELET-CANARY; $t -t mangle -N KUBE-KUBELET-CANARY; $t -t mangle -N KUBE-IPTABLES-HINT
          $t -N KUBE-FIREWALL; $t -A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP
          $t -A INPUT -j KUBE-FIREWALL; $t -A OUTPUT -j KUBE-FIREWALL
          $t -t nat -N KUBE-ROUTER-X; $t -t nat -N DOCKER; $t -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
        done
        ipset create MY-SET hash:ip; ipset add MY-SET 192.0.2.1
        ipset create KUBE-OTHER hash:ip
        ip link add dummy7 type dummy; ip addr add 192.0.2.7/32 dev dummy7
        ipvsadm -A -t 192.0.2.7:3306 -s wlc; ipvsadm -a -t 192.0.2.7:3306 -r 192.0.2.8:3306 -m
        """;

    private const string IptablesMode = """
        for t in iptables ip6tables; do
          for c in KUBE-SERVICES KUBE-POSTROUTING KUBE-NODEPORTS KUBE-MARK-MASQ KUBE-PROXY-CANARY KUBE-SVC-NPX46M4PTMTKRN6Y KUBE-SEP-SZZ7MOWKTWUFXIJT KUBE-EXT-CG5I4G2RS3ZVWGLK KUBE-FW-CG5I4G2RS3ZVWGLK KUBE-XLB-CG5I4G2RS3ZVWGLK; do $t -t nat -N $c; done
          $t -t nat -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
          $t -t nat -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
          $t -t nat -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
          $t -t nat -A KUBE-SERVICES -p tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
          $t -t nat -A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
          $t -t nat -A KUBE-SVC-NPX46M4PTMTKRN6Y -m statistic --mode random --probability 0.5 -j KUBE-SEP-SZZ7MOWKTWUFXIJT
          $t -t nat -A KUBE-SEP-SZZ7MOWKTWUFXIJT -j KUBE-MARK-MASQ
          $t -t nat -A KUBE-FW-CG5I4G2RS3ZVWGLK -j KUBE-MARK-DROP
          for c in KUBE-FORWARD KUBE-PROXY-FIREWALL KUBE-EXTERNAL-SERVICES KUBE-PROXY-CANARY; do $t -N $c; done
          $t -I FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
          $t -I INPUT -m conntrack --ctstate NEW -j KUBE-PROXY-FIREWALL
          $t -t mangle -N KUBE-PROXY-CANARY
        done
        """;

    private const string IpvsMode = """
        for s in KUBE-CLUSTER-IP KUBE-LOAD-BALANCER; do ipset create $s hash:ip,port; done
        ipset add KUBE-CLUSTER-IP 10.96.0.1,tcp:443
        ipset create KUBE-6-CLUSTER-IP hash:ip,port family inet6; ipset add KUBE-6-CLUSTER-IP fd00:96::1,tcp:443
        ipset create KUBE-6-LOOP-BACK hash:ip,port,ip family inet6; ipset create KUBE-NODE-PORT-TCP bitmap:port range 0-65535
        ipset add KUBE-NODE-PORT-TCP 30080
        iptables -t nat -N KUBE-LOAD-BALANCER; iptables -t nat -N KUBE-NODE-PORT
        iptables -t nat -A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
        iptables -t nat -A KUBE-SERVICES -m set --match-set KUBE-LOAD-BALANCER dst,dst -j KUBE-LOAD-BALANCER
        ip6tables -t nat -A KUBE-SERVICES -m set --match-set KUBE-6-CLUSTER-IP dst,dst -j ACCEPT
        iptables -t nat -A KUBE-NODE-PORT -p tcp -m set --match-set KUBE-NODE-PORT-TCP dst -j KUBE-MARK-MASQ
        iptables -N KUBE-IPVS-FILTER; iptables -A INPUT -j KUBE-IPVS-FILTER
        ip link add kube-ipvs0 type dummy; ip addr add 10.96.0.1/32 dev kube-ipvs0; ip addr add fd00:96::1/128 dev kube-ipvs0
        ip link set lo up
        ipvsadm -A -t 10.96.0.1:443 -s rr; ipvsadm -a -t 10.96.0.1:443 -r 10.244.0.5:6443 -m
        ipvsadm -A -t [fd00:96::1]:443 -s rr; ipvsadm -A -t 127.0.0.1:30080 -s rr
        """;

    [KernelFact]
    public void Only_what_is_others_and_the_kubelets_is_left() => NetworkNamespace.Run(() =>
    {
        var folder = Directory.CreateTempSubdirectory("netagent-leftovers-").FullName;
        try
        {
            Shell.Script("ip link set lo up");
            Shell.Script(Foreign);
            var before = KernelState();
            Shell.Script(IptablesMode);
            Shell.Script(IpvsMode);
            Assert.NotEqual(before, KernelState());
            using var cleaner = LinuxDataplane.Open(new() { StateDirectory = folder });

            var report = cleaner.Cleanup(new(KubeProxy: true), TestContext.Current.CancellationToken);

            Assert.True(report.IsComplete, string.Join("; ", report.Failed) + string.Join("; ", report.ReadFailures));
            Assert.Equal(before, KernelState());
            Assert.Equal(0, cleaner.Cleanup(new(KubeProxy: true), TestContext.Current.CancellationToken).Changes);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    });

    private static string KernelState() => string.Join('\n',
    [
        .. from tool in new[] { "iptables", "ip6tables" } from table in new[] { "nat", "filter", "mangle" } select Sorted(Shell.Run(tool, "-t", table, "-S")),
        Sorted(Shell.Run("ipset", "save")),
        Sorted(Shell.Run("ipvsadm", "-Sn")),
        Shell.Run("ip", "-br", "addr"),
    ]);

    private static string Sorted(string lines) => string.Join('\n', lines.Split('\n').Order(StringComparer.Ordinal));
}
