using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Rivals;

namespace NetAgent.Plugins.MetallbArp.Configuration;

/// <summary>Where the ARP settings are written.</summary>
internal enum ArpMode
{
    /// <summary>Nowhere, and nothing is looked at (kube-proxy's strictARP: false).</summary>
    Off,

    /// <summary>Nowhere; what is wrong is reported.</summary>
    Observe,

    /// <summary>On the uplinks.</summary>
    Interfaces,

    /// <summary>On conf/all (kube-proxy's strictARP: true).</summary>
    All,
}

/// <summary>The plugin's whole configuration.</summary>
internal sealed record ArpSettings
{
    /// <summary>Changes nothing, reports only.</summary>
    public static ArpSettings ObserveOnly { get; } = new() { Mode = ArpMode.Observe };

    public ArpMode Mode { get; init; } = ArpMode.Interfaces;

    /// <summary>Name patterns of links that are uplinks whatever they look like.</summary>
    public EquatableArray<string> Include { get; init; }

    /// <summary>Name patterns of links that are none; stronger than <see cref="Include"/>.</summary>
    public EquatableArray<string> Exclude { get; init; }

    public RivalLimits Rivals { get; init; } = RivalLimits.Default;
}
