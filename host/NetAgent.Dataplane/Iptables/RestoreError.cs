using System.Globalization;
using System.Text.RegularExpressions;

namespace NetAgent.Dataplane.Iptables;

/// <summary>What iptables-restore complained of.</summary>
/// <param name="Line">Line of its input, from 1; 0 when it does not say.</param>
/// <param name="Chain">The chain it named, or null.</param>
/// <param name="Errno">errno as far as the text gives it away, or 0.</param>
/// <param name="Message">Its own words on one line.</param>
/// <param name="IsLock">Somebody else kept the xtables lock: no fault of any rule.</param>
internal sealed partial record RestoreError(int Line, string? Chain, int Errno, string Message, bool IsLock)
{
    // Both back ends print strerror; these are what rules and chains can earn.
    private static readonly (string Text, int Errno)[] Errors =
    [
        ("Operation not permitted", 1), ("No such file or directory", 2), ("Permission denied", 13), ("Device or resource busy", 16),
        ("File exists", 17), ("Invalid argument", 22), ("Too many links", 31), ("Operation not supported", 95), ("No buffer space", 105),
    ];

    public static RestoreError Parse(int exitCode, string stderr)
    {
        var message = Clean(stderr);
        // RESOURCE_PROBLEM (xtables.h); nft's tools, which take no lock, end with it for other reasons.
        var isLock = exitCode == 4 && LockPattern().IsMatch(message);
        var line = LinePattern().Match(message);
        var chain = ChainPattern().Match(message);
        var errno = Errors.FirstOrDefault(e => message.Contains(e.Text, StringComparison.Ordinal)).Errno;
        return new(
            line.Success ? int.Parse(line.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0,
            chain.Success ? chain.Groups[1].Value : null,
            errno,
            message.Length == 0 ? $"exit {exitCode} without a word" : message,
            isLock);
    }

    /// <summary>stderr on one line, without what says nothing.</summary>
    public static string Clean(string stderr) =>
        string.Join("; ", stderr.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Where(l => !l.StartsWith("Try `", StringComparison.Ordinal)
            && !l.StartsWith("Ignoring deprecated", StringComparison.Ordinal)
            && !l.StartsWith("# Warning:", StringComparison.Ordinal)));

    // "iptables-restore: line 5 failed", "line 4: RULE_APPEND failed (Invalid argument): …", "Error occurred at line: 4".
    [GeneratedRegex(@"\bline:? (\d+)")]
    private static partial Regex LinePattern();

    // "Another app is currently holding the xtables lock", "can't open lock file /run/xtables.lock".
    [GeneratedRegex(@"xtables lock|lock file")]
    private static partial Regex LockPattern();

    [GeneratedRegex(@"(?:rule in chain|CHAIN_[A-Z_]+ failed \([^)]*\): chain) (\S+)")]
    private static partial Regex ChainPattern();
}
