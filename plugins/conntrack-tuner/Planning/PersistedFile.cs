using System.Text;
using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner.Configuration;

namespace NetAgent.Plugins.ConntrackTuner.Planning;

/// <summary>
/// The same values for the next boot, before the agent runs (sysctl.d(5)). The file knows exact values only and others load it at any time
/// (<c>sysctl --system</c>), so what may rightly be higher is not in it: floors, and a table that adapts.
/// </summary>
internal static class PersistedFile
{
    public const string Path = "/etc/sysctl.d/90-netagent.conf";

    public static bool Holds(SysctlWish wish, TunerSettings settings) => wish.Rule == SysctlRule.Exactly
        && (settings.Adaptive is null || wish.Path is not (KnownSysctls.Max or KnownSysctls.Buckets));

    public static ConfigFile Of(IReadOnlyCollection<SysctlWish> wishes)
    {
        var text = new StringBuilder("# Plugin conntrack-tuner, persist: true.\n");
        foreach (var wish in wishes.OrderBy(w => w.Path != KnownSysctls.Buckets).ThenBy(w => w.Path, StringComparer.Ordinal))
        {
            // A leading dash: no complaint at boot while the module is not loaded yet.
            text.Append('-').Append(SysctlName.ForFile(wish.Path)).Append(" = ").Append(wish.Value).Append('\n');
            // sysctl.d(5): a name beats a pattern, and one without a value is left out of it. udev applies the pattern to new interfaces.
            if (wish.Path.Contains('*', StringComparison.Ordinal) && SysctlName.DefaultOf(wish.Path) is var own && !wishes.Any(w => w.Path == own))
            {
                text.Append('-').Append(SysctlName.ForFile(own)).Append('\n');
            }
        }
        return new(Path, text.ToString());
    }
}
