using NetAgent.EndToEnd.Tests.Network;

namespace NetAgent.EndToEnd.Tests.Plugins;

/// <summary>A node by itself, and a drop-in directory for it. Enough for what is in the kernel; nobody is there to send traffic.</summary>
internal sealed class PluginNode : IDisposable
{
    internal const string Ipvs = "- { name: ipvs }";

    internal PluginNode()
    {
        Host = new("node-1");
        Host.Ip("link add eth0 type dummy");
        Host.Ip("link set eth0 up");
        Host.Ip($"addr add {ClusterNetwork.NodeAddress}/24 dev eth0");
        Host.Ip($"-6 addr add {ClusterNetwork.NodeAddress6}/64 dev eth0 nodad");
    }

    internal NetworkHost Host { get; }

    internal DropInFolder DropIn { get; } = new();

    internal NodeAgent Agent(string plugins, string more = "") => new(Host, plugins, DropIn.Settings + "\n" + more);

    internal string Read(string sysctl) => Host.Do(() => File.ReadAllText($"/proc/sys/{sysctl}").Trim());

    /// <summary>All that the agent may touch in this namespace, as text. An iptables table is listed only once somebody has looked at it.</summary>
    internal string Kernel() => Host.Script(
        "for t in filter nat mangle; do iptables -t $t -S; ip6tables -t $t -S; done >/dev/null 2>&1; ipvsadm -Sn; ipset save; "
        + "iptables-save | grep -v '^#' | sed 's/\\[.*\\]//'; ip6tables-save | grep -v '^#' | sed 's/\\[.*\\]//'; "
        + "ip addr | grep -v valid_lft; ip route show table all")
        + string.Join('\n', Sysctls.Of(Host));

    public void Dispose()
    {
        DropIn.Dispose();
        Host.Dispose();
    }
}
