using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Sets;

/// <summary>One of kube-proxy's sets: a name per family, a type, and the words its rules carry as comment.</summary>
internal sealed class KubeSet
{
    private const int LongestName = 31;
    private const uint KubeProxyMaxElements = 65536;
    private readonly string _ipv4Name;
    private readonly string _ipv6Name;

    public KubeSet(string name, IpSetType type, string comment)
    {
        _ipv4Name = name;
        var ipv6Name = "KUBE-6-" + name["KUBE-".Length..];
        // IPSET_MAXNAMELEN: kube-proxy cuts the two names that are too long, and so do we.
        _ipv6Name = ipv6Name.Length > LongestName ? ipv6Name[..LongestName] : ipv6Name;
        Type = type;
        Comment = comment;
    }

    public IpSetType Type { get; }

    public string Comment { get; }

    public string Name(IpFamily family) => family == IpFamily.IPv6 ? _ipv6Name : _ipv4Name;

    public IpSet ToRow(IpFamily family) => Type == IpSetType.BitmapPort
        ? new IpSet(Name(family), Type, family)
        : new IpSet(Name(family), Type, family) { MaxElements = KubeProxyMaxElements };
}
