using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Flags;

namespace NetAgent.Plugins.MasqAgent.Settings;

/// <summary>A range with the place it came from.</summary>
/// <param name="Prefix">The range.</param>
/// <param name="Source">The file, or <c>config</c>; empty for a built-in default.</param>
/// <param name="Path">The key: <c>nonMasqueradeCIDRs[2]</c>.</param>
/// <param name="Line">Line from 1, or 0.</param>
internal sealed record Range(InetPrefix Prefix, string Source, string Path, int Line)
{
    public bool IsDefault => Source.Length == 0;

    /// <summary><c>10.0.0.0/8 (config.yaml:2, nonMasqueradeCIDRs[0])</c>.</summary>
    public override string ToString() =>
        IsDefault ? $"{Prefix} (default)" : Line > 0 ? $"{Prefix} ({Source}:{Line}, {Path})" : $"{Prefix} ({Source}, {Path})";
}

/// <summary>What one source says. Null is "the key is absent", which is not the same as an empty list.</summary>
internal sealed record SourceSettings
{
    public IReadOnlyList<Range>? NonMasqueradeCidrs { get; init; }

    public IReadOnlyList<Range>? MasqueradeCidrs { get; init; }

    public int? CidrLimit { get; init; }

    public bool? MasqLinkLocal { get; init; }

    public bool? MasqLinkLocalIPv6 { get; init; }

    public bool? PodCidrsOnly { get; init; }

    public TimeSpan? ResyncInterval { get; init; }
}

/// <summary>The configuration in force.</summary>
internal sealed record MasqSettings
{
    public const int DefaultCidrLimit = 64;

    public static TimeSpan DefaultResyncInterval { get; } = TimeSpan.FromSeconds(60);

    /// <summary>RFC 1918, as every node had it before anybody configured anything.</summary>
    private static readonly string[] PrivateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

    /// <summary>What --nomasq-all-reserved-ranges adds (RFC 6890 and RFC 5735), in ip-masq-agent's order.</summary>
    private static readonly string[] OtherReservedRanges =
    [
        "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "240.0.0.0/4",
    ];

    public required MasqFlags Flags { get; init; }

    public required IReadOnlyList<Range> NonMasqueradeCidrs { get; init; }

    public IReadOnlyList<Range> MasqueradeCidrs { get; init; } = [];

    public int CidrLimit { get; init; } = DefaultCidrLimit;

    public bool MasqLinkLocal { get; init; }

    public bool MasqLinkLocalIPv6 { get; init; }

    public bool PodCidrsOnly { get; init; }

    public TimeSpan ResyncInterval { get; init; } = DefaultResyncInterval;

    /// <summary>What ip-masq-agent does without a file.</summary>
    public static MasqSettings DefaultsFor(MasqFlags flags) => new()
    {
        Flags = flags,
        NonMasqueradeCidrs = [.. (flags.AllReservedRanges ? PrivateRanges.Concat(OtherReservedRanges) : PrivateRanges)
            .Select(text => new Range(InetPrefix.Parse(text), "", "", 0))],
        ResyncInterval = flags.ResyncInterval ?? DefaultResyncInterval,
    };

    /// <summary>The source's keys on top of these; an absent key changes nothing.</summary>
    public MasqSettings With(SourceSettings source) => this with
    {
        NonMasqueradeCidrs = source.NonMasqueradeCidrs ?? NonMasqueradeCidrs,
        MasqueradeCidrs = source.MasqueradeCidrs ?? MasqueradeCidrs,
        CidrLimit = source.CidrLimit ?? CidrLimit,
        MasqLinkLocal = source.MasqLinkLocal ?? MasqLinkLocal,
        MasqLinkLocalIPv6 = source.MasqLinkLocalIPv6 ?? MasqLinkLocalIPv6,
        PodCidrsOnly = source.PodCidrsOnly ?? PodCidrsOnly,
        ResyncInterval = source.ResyncInterval ?? ResyncInterval,
    };
}
