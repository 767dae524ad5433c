using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Sysctls;

/// <summary>How sysctl values are compared: the kernel parts vectors with tabs and ends with a newline.</summary>
internal static class SysctlValue
{
    /// <summary>Fields parted by one blank, no blanks around.</summary>
    public static string Normalise(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The same value in possibly another spelling.</summary>
    public static bool Same(string left, string right)
    {
        left = Normalise(left);
        right = Normalise(right);
        return left == right || (TryNumber(left, out var a) && TryNumber(right, out var b) && a == b);
    }

    /// <summary>True when the value there needs no writing.</summary>
    public static bool Satisfies(string actual, string wanted, SysctlRule rule) =>
        Same(actual, wanted)
        || (rule == SysctlRule.AtLeast && TryNumber(actual, out var a) && TryNumber(wanted, out var w) && a >= w);

    /// <summary>True for a whole number; 0 means "no limit" nowhere here, so it is simply less.</summary>
    public static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture, out number);
}
