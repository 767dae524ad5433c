using System.Text;
using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner.Configuration;

namespace NetAgent.Plugins.ConntrackTuner.Planning;

/// <summary>
/// The same values for the next boot, before the agent runs (sysctl.d(5)). The file knows exact values only and others load it at any time
/// (<c>sysctl --system</c>), so it must not set down what may rightly be higher: a floor is written as what the kernel has when that is
/// more, and a table that adapts is left out.
/// </summary>
internal static class PersistedFile
{
    public const string Path = "/etc/sysctl.d/90-netagent.conf";

    public static bool Holds(SysctlWish wish, TunerSettings settings) =>
        settings.Adaptive is null || wish.Path is not (KnownSysctls.Max or KnownSysctls.Buckets);

    /// <param name="wishes">What to keep.</param>
    /// <param name="now">What the kernel has.</param>
    public static ConfigFile Of(IReadOnlyCollection<SysctlWish> wishes, IReadOnlyDictionary<string, string> now)
    {
        var text = new StringBuilder("# Plugin conntrack-tuner, persist: true.\n");
        foreach (var wish in wishes.OrderBy(w => w.Path != KnownSysctls.Buckets).ThenBy(w => w.Path, StringComparer.Ordinal))
        {
            // A leading dash: no complaint at boot while the module is not loaded yet.
            text.Append('-').Append(SysctlName.ForFile(wish.Path)).Append(" = ").Append(Value(wish, now)).Append('\n');
            // sysctl.d(5): a name beats a pattern, and one without a value is left out of it. udev applies the pattern to new interfaces.
            if (wish.Path.Contains('*', StringComparison.Ordinal) && SysctlName.DefaultOf(wish.Path) is var own
                && !wishes.Any(w => w.Path == own))
            {
                text.Append('-').Append(SysctlName.ForFile(own)).Append('\n');
            }
        }
        return new(Path, text.ToString());
    }

    private static string Value(SysctlWish wish, IReadOnlyDictionary<string, string> now) =>
        wish.Rule == SysctlRule.AtLeast && now.TryGetValue(wish.Path, out var has) && SysctlNumber.Of(has) > SysctlNumber.Of(wish.Value)
            ? has : wish.Value;
}
