using NetAgent.Contracts;

namespace NetAgent.Plugins.MasqAgent.Flags;

/// <summary>ip-masq-agent's flags.</summary>
internal sealed record MasqFlags
{
    public const string DefaultChain = "IP-MASQ-AGENT";

    public static MasqFlags Default { get; } = new();

    /// <summary>--masq-chain.</summary>
    public string Chain { get; init; } = DefaultChain;

    /// <summary>False when --masq-chain names none that can be ours: then no chain may be written, for it would be a wrong one.</summary>
    public bool IsChainKnown { get; init; } = true;

    /// <summary>--nomasq-all-reserved-ranges.</summary>
    public bool AllReservedRanges { get; init; }

    /// <summary>--enable-ipv6.</summary>
    public bool EnableIPv6 { get; init; }

    /// <summary>--random-fully.</summary>
    public bool RandomFully { get; init; } = true;

    /// <summary>--to-ports.</summary>
    public EquatableArray<PortRange> ToPorts { get; init; }

    /// <summary>--resync-interval, which only ip-masq-agent-v2 has (whole seconds); null when not given.</summary>
    public TimeSpan? ResyncInterval { get; init; }

    public IEnumerable<IpFamily> Families => EnableIPv6 ? [IpFamily.IPv4, IpFamily.IPv6] : [IpFamily.IPv4];
}
