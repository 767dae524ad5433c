using NetAgent.Contracts;
using NetAgent.Plugins.MetallbArp;
using NetAgent.Plugins.Tests;

namespace NetAgent.MetallbArp.Tests;

/// <summary>A model node with the plugin: lo, eth0 with an address and routes, kube-ipvs0, an unnumbered veth to a pod.</summary>
internal static class ArpNode
{
    public static readonly LinkFacts Lo = Link(1, "lo", "127.0.0.1/8") with { IsLoopback = true };
    public static readonly LinkFacts Eth0 = Link(2, "eth0", "192.0.2.11/24");
    public static readonly LinkFacts KubeIpvs0 = Link(3, "kube-ipvs0", "192.0.2.100/32") with { Kind = "dummy", IsUp = false, IsNoArp = true, HasRoutes = false };
    public static readonly LinkFacts Pod = Link(4, "cali12345") with { Kind = "veth" };

    public static ModelNode Create(string? config = null, params LinkFacts[] links)
    {
        var node = new ModelNode(new MetallbArpPlugin());
        SetKernel(node, "all");
        SetKernel(node, "default");
        SetLinks(node, links.Length == 0 ? [Lo, Eth0, KubeIpvs0, Pod] : links);
        node.Cluster = WithVip("192.0.2.100");
        if (config is not null)
        {
            var result = node.Configure(JsonConfig.Inline(config));
            Assert.True(result.IsAccepted, string.Join("\n", result.Problems));
        }
        return node;
    }

    public static LinkFacts Link(int index, string name, params string[] addresses) =>
        new()
        {
            Index = index,
            Name = name,
            Kind = "",
            IsUp = true,
            Addresses = addresses.Select(a => InetPrefix.Parse(a)).ToEquatableArray(),
            HasRoutes = true,
        };

    /// <summary>The kernel's settings of a link come and go with it, seeded with default's.</summary>
    public static void SetLinks(ModelNode node, params LinkFacts[] links)
    {
        var gone = (node.Links ?? default).Select(l => l.Name).Except(links.Select(l => l.Name));
        foreach (var name in gone)
        {
            node.Sysctls.Remove($"net/ipv4/conf/{name}/arp_ignore");
            node.Sysctls.Remove($"net/ipv4/conf/{name}/arp_announce");
        }
        foreach (var link in links)
        {
            SetKernel(node, link.Name);
        }
        node.Links = links.ToEquatableArray();
    }

    public static (int Ignore, int Announce) Effective(ModelNode node, string link) =>
        (Math.Max(Own(node, "all", "arp_ignore"), Own(node, link, "arp_ignore")), Math.Max(Own(node, "all", "arp_announce"), Own(node, link, "arp_announce")));

    public static int Own(ModelNode node, string link, string setting) => int.Parse(node.Sysctls[$"net/ipv4/conf/{link}/{setting}"]);

    public static void Set(ModelNode node, string link, string setting, int value) => node.Sysctls[$"net/ipv4/conf/{link}/{setting}"] = $"{value}";

    public static Notice? Notice(this ModelNode node, string reason) => node.Slice.Notices.SingleOrDefault(n => n.Reason == reason);

    public static ClusterState WithVip(params string[] addresses)
    {
        var state = ClusterState.Empty;
        foreach (var address in addresses)
        {
            var service = new Service { Name = new("default", "web-" + address), LoadBalancerIngress = [new(InetAddress.Parse(address), false)] };
            state = state with { Services = state.Services.SetItem(service.Name, new(service, default)) };
        }
        return state;
    }

    private static void SetKernel(ModelNode node, string name)
    {
        foreach (var setting in (string[])["arp_ignore", "arp_announce"])
        {
            var path = $"net/ipv4/conf/{name}/{setting}";
            if (!node.Sysctls.ContainsKey(path))
            {
                node.Sysctls[path] = name is "all" or "default" ? "0" : node.Sysctls[$"net/ipv4/conf/default/{setting}"];
            }
        }
    }
}
