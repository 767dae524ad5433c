using System.IO.Enumeration;
using NetAgent.Contracts;
using NetAgent.Plugins.MetallbArp.Configuration;

namespace NetAgent.Plugins.MetallbArp.Planning;

/// <summary>Which links face the neighbours who may ask for a service address.</summary>
internal sealed class Uplinks
{
    // Links towards pods and tunnels, by the names that network plugins give them (MetalLB's speaker leaves out most of these too).
    private static readonly string[] NotFacingNeighbours =
    [
        "docker*", "cbr*", "dummy*", "virbr*", "lxcbr*", "veth*", "lo", "cali*", "tunl*", "vxlan*", "flannel*", "kube-*", "cni*",
        "nodelocaldns*",
        "lxc*", "cilium*", "antrea*", "weave*", "podman*", "wg*", "wireguard*", "geneve*", "genev_sys*", "gre*", "sit*", "ip6tnl*",
        "nerdctl*",
    ];

    private readonly HashSet<(int Index, string Name)> _chosen = [];

    /// <summary>
    /// Chooses anew. A link once chosen stays while it exists: when it comes up again it must not answer before it is written to.
    /// </summary>
    public IReadOnlyList<LinkFacts> Choose(EquatableArray<LinkFacts> links, ArpSettings settings, ExposedAddresses exposed)
    {
        _chosen.IntersectWith(links.Select(l => (l.Index, l.Name)));
        foreach (var link in links)
        {
            var key = (link.Index, link.Name);
            if (!CanAnswer(link) || Matches(settings.Exclude, link.Name))
            {
                _chosen.Remove(key);
            }
            else if (Matches(settings.Include, link.Name) || IsUplink(link, exposed))
            {
                _chosen.Add(key);
            }
        }
        return [.. links.Where(l => _chosen.Contains((l.Index, l.Name)))];
    }

    public void Clear() => _chosen.Clear();

    /// <summary>ARP is spoken there at all.</summary>
    public static bool CanAnswer(LinkFacts link) => !link.IsLoopback && !link.IsNoArp;

    /// <summary>
    /// A veth towards a pod, with a host route and no address: it answers for its gateway by an address of another link (k/k#71555).
    /// </summary>
    public static bool IsUnnumberedVeth(LinkFacts link) =>
        link is { Kind: "veth", IsUp: true, HasRoutes: true, MasterIndex: 0, IsNoArp: false } && !HasIPv4(link);

    private static bool IsUplink(LinkFacts link, ExposedAddresses exposed) =>
        link.IsUp && HasIPv4(link)
            && !Array.Exists(NotFacingNeighbours, p => FileSystemName.MatchesSimpleExpression(p, link.Name, ignoreCase: false))
        && (link.HasRoutes || link.Addresses.Any(a => a.Family == IpFamily.IPv4 && exposed.AnyIn(a)));

    private static bool HasIPv4(LinkFacts link) => link.Addresses.Any(a => a.Family == IpFamily.IPv4);

    private static bool Matches(EquatableArray<string> patterns, string name)
    {
        foreach (var pattern in patterns)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false))
            {
                return true;
            }
        }
        return false;
    }
}
