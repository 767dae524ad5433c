using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Plugins;

/// <summary>A network and a drop-in directory with the sample <c>steady</c> under three names; each test starts an agent of its own.</summary>
public sealed class PluginNode : IDisposable
{
    internal const string Ipvs = "- { name: ipvs }";

    private readonly ClusterNetwork? _network;
    private readonly DropInFolder? _dropIn;

    public PluginNode()
    {
        if (new KernelFactAttribute().Skip is not null)
        {
            return;
        }
        _network = new();
        _dropIn = new();
        foreach (var name in new[] { "steady", "other", "twin" })
        {
            _dropIn.Add("Steady", name);
        }
    }

    internal ClusterNetwork Network => _network!;

    internal string Settings => _dropIn!.Settings;

    internal string DropIn => _dropIn!.Path;

    internal NodeAgent Agent(string plugins, string more = "") => new(Network, plugins, Settings + "\n" + more);

    internal string Read(string sysctl) => Network.Node1.Script($"cat /proc/sys/{sysctl}").Trim();

    internal string Ipvsadm => Network.Node1.Script("ipvsadm -Sn");

    /// <summary>All that the agent may touch in this namespace, as text. An iptables table is listed only once somebody has looked at it.</summary>
    internal string Kernel() => Network.Node1.Script(
        "for t in filter nat mangle; do iptables -t $t -S; ip6tables -t $t -S; done >/dev/null 2>&1; ipvsadm -Sn; ipset save; iptables-save | grep -v '^#' | sed 's/\\[.*\\]//'; ip6tables-save | grep -v '^#' | sed 's/\\[.*\\]//'; ip addr | grep -v valid_lft; ip route show table all")
        + string.Join('\n', Sysctls.Of(Network.Node1));

    public void Dispose()
    {
        _dropIn?.Dispose();
        _network?.Dispose();
    }
}
