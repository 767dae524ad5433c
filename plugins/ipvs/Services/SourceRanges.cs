using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Services;

/// <summary>The loadBalancerSourceRanges of one family.</summary>
/// <param name="IsRestricted">Only some sources may use the Service's load balancer addresses.</param>
/// <param name="Networks">Which; /0 is already split in two, for a hash:ip,port,net cannot hold it.</param>
internal readonly record struct SourceRanges(bool IsRestricted, EquatableArray<InetPrefix> Networks)
{
    /// <summary>Reads the ranges of one family. What does not parse goes to <paramref name="notices"/>, when given.</summary>
    public static SourceRanges Read(Service service, IpFamily family, ICollection<Notice>? notices)
    {
        var networks = new List<InetPrefix>();
        var isRestricted = false;
        foreach (var written in service.LoadBalancerSourceRanges)
        {
            var text = written.Trim();
            if (InetPrefix.TryParse(text, out var range))
            {
                if (range.Family == family)
                {
                    isRestricted = true;
                    Add(networks, range.Network);
                }
                continue;
            }
            // A slip of the pen must not open the Service to everybody, so the family it seems to mean stays closed.
            isRestricted |= text.Contains(':', StringComparison.Ordinal) == (family == IpFamily.IPv6);
            notices?.Add(new Notice(Severity.Error, "InvalidSourceRange",
                $"Service {service.Name}: spec.loadBalancerSourceRanges holds \"{written}\", which is not a network such as"
                    + " 198.51.100.0/24 or 2001:db8::/32. "
                + "Nobody is admitted by it; the other ranges hold.")
            { Service = service.Name });
        }
        return new SourceRanges(isRestricted, networks.ToEquatableArray());
    }

    public bool Admit(InetAddress address)
    {
        foreach (var network in Networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }
        return false;
    }

    private static void Add(List<InetPrefix> networks, InetPrefix range)
    {
        if (range.Length > 0)
        {
            networks.Add(range);
            return;
        }
        networks.Add(new InetPrefix(range.Address, 1));
        networks.Add(InetPrefix.Parse(range.Family == IpFamily.IPv6 ? "8000::/1" : "128.0.0.0/1"));
    }
}
