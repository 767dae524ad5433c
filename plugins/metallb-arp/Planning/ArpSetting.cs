using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Plugins.MetallbArp.Planning;

/// <summary>One of the two settings. The kernel uses the larger of conf/all and conf/IF, and checks no range.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="Wanted">What is written.</param>
/// <param name="LowestRight">Lowest effective value that is right.</param>
/// <param name="HighestRight">Highest; what lies above is reserved, answers everything, or (arp_ignore 8) nothing at all.</param>
/// <param name="Harm">What a node does while it is wrong.</param>
internal sealed record ArpSetting(string Name, int Wanted, int LowestRight, int HighestRight, string Harm)
{
    /// <summary>1: answer only for addresses of the interface that the request came in by.</summary>
    public static ArpSetting Ignore { get; } = new("arp_ignore", 1, 1, 2, "answers ARP requests for");

    /// <summary>2: ask only with an address of the outgoing interface; 1 still leaks addresses of the same subnet.</summary>
    public static ArpSetting Announce { get; } = new("arp_announce", 2, 2, 2, "teaches neighbours its own MAC, in its requests, for");

    public static ArpSetting[] Both { get; } = [Ignore, Announce];

    public bool IsRight(int effective) => effective >= LowestRight && effective <= HighestRight;

    public string PathOf(string link) => $"net/ipv4/conf/{link}/{Name}";

    public int? ValueOf(string link, NodeFacts facts) =>
        facts.Sysctls.TryGetValue(PathOf(link), out var text)
        && int.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowTrailingWhite | NumberStyles.AllowLeadingWhite,
        CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
}
