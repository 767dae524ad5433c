using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.Shared.Rivals;

/// <summary>When to stop writing a value that somebody else keeps changing.</summary>
/// <param name="Changes">After so many changes…</param>
/// <param name="Window">…within this time…</param>
/// <param name="BackOff">…leave it alone for this long; doubled each time it goes on, up to eight times.</param>
internal sealed record RivalLimits(int Changes, TimeSpan Window, TimeSpan BackOff)
{
    /// <summary>Configuration tools run every half hour, so the window must hold several of their turns.</summary>
    public static RivalLimits Default { get; } = new(3, TimeSpan.FromHours(2), TimeSpan.FromHours(1));

    public static RivalLimits Read(ConfigSection root, RivalLimits before)
    {
        var section = root.Section("rivals");
        var limits = new RivalLimits(
            (int)(section.Integer("changes", 1, 1000) ?? before.Changes),
            section.Duration("window", TimeSpan.FromSeconds(1)) ?? before.Window,
            section.Duration("backOff", TimeSpan.FromSeconds(1)) ?? before.BackOff);
        section.Finish();
        return limits;
    }
}
