using System.Collections.Immutable;
using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Rivals;

namespace NetAgent.Plugins.ConntrackTuner.Configuration;

/// <summary>A sysctl as an operator asked for it.</summary>
/// <param name="Path">Below /proc/sys; may be the pattern net/ipv4/conf/*/rp_filter.</param>
/// <param name="Value">The text to write.</param>
/// <param name="Rule">Exactly, or at least.</param>
internal sealed record SysctlWish(string Path, string Value, SysctlRule Rule = SysctlRule.Exactly);

/// <summary>adaptive: how far the table may grow by itself, and when it does.</summary>
/// <param name="MaxBytes">What a full table may cost; 0 when <paramref name="MaxShare"/> says it.</param>
/// <param name="MaxShare">The same as a share of the node's memory.</param>
/// <param name="High">Grow at this share of max.</param>
/// <param name="Low">Shrink below this share of max.</param>
internal sealed record AdaptiveSettings(long MaxBytes, double MaxShare, double High, double Low);

/// <summary>The plugin's whole configuration.</summary>
internal sealed record TunerSettings
{
    /// <summary>Changes nothing, reports only.</summary>
    public static TunerSettings ObserveOnly { get; } = new();

    /// <summary>Null when no KubeProxyConfiguration was given.</summary>
    public KubeProxyConntrack? KubeProxy { get; init; }

    public string? Profile { get; init; }

    /// <summary>sysctls:, by path.</summary>
    public ImmutableSortedDictionary<string, SysctlWish> Sysctls { get; init; } =
        ImmutableSortedDictionary.Create<string, SysctlWish>(StringComparer.Ordinal);

    public AdaptiveSettings? Adaptive { get; init; }

    /// <summary>The largest share of the node's memory that a full table may take.</summary>
    public double MemoryShare { get; init; } = 0.25;

    public double PressureWarning { get; init; } = 0.75;

    public double PressureCritical { get; init; } = 0.9;

    public RivalLimits Rivals { get; init; } = RivalLimits.Default;

    public bool Persist { get; init; }
}
