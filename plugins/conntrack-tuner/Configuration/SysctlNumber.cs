using System.Globalization;

namespace NetAgent.Plugins.ConntrackTuner.Configuration;

/// <summary>A sysctl's text as a number.</summary>
internal static class SysctlNumber
{
    /// <summary>0 for what is none.</summary>
    public static long Of(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
