using System.Globalization;
using System.Text;
using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Owners;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.MasqAgent.Flags;

/// <summary>
/// Reads <c>args</c> as Go's flag packages do: one dash or two, <c>--flag=value</c> or <c>--flag value</c>, the last one counts.
/// </summary>
internal sealed class FlagReader(Problems problems)
{
    private static readonly string[] Own =
        ["masq-chain", "nomasq-all-reserved-ranges", "enable-ipv6", "random-fully", "to-ports", "resync-interval"];

    /// <summary>Logging flags (klog) and what else the tool's binary takes: they say nothing about rules.</summary>
    private static readonly HashSet<string> IgnoredSwitches =
        ["logtostderr", "alsologtostderr", "skip-headers", "skip-log-headers", "add-dir-header", "one-output",
         "legacy-stderr-threshold-behavior", "version"];

    private static readonly HashSet<string> IgnoredValues =
        ["v", "vmodule", "stderrthreshold", "log-dir", "log-file", "log-file-max-size", "log-backtrace-at", "log-flush-frequency",
         "logging-format"];

    private static readonly HashSet<string> BuiltInNames = new(StringComparer.Ordinal)
    {
        "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING",
        "ACCEPT", "DROP", "RETURN", "QUEUE", "REJECT", "MARK", "CONNMARK", "LOG", "MASQUERADE", "SNAT", "DNAT", "REDIRECT", "NETMAP",
    };

    private MasqFlags _flags = MasqFlags.Default;

    public static MasqFlags Read(EquatableArray<string> arguments, Problems problems)
    {
        var reader = new FlagReader(problems);
        reader.ReadAll(arguments);
        return reader._flags;
    }

    private void ReadAll(EquatableArray<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "--")
            {
                return;
            }
            if (argument.Length < 2 || argument[0] != '-')
            {
                problems.Warn(argument, 0,
                    $"'{argument}' belongs to no flag and is ignored; a switch takes its value with '=', as in --enable-ipv6=true");
                continue;
            }
            var body = argument.AsSpan(argument.StartsWith("--", StringComparison.Ordinal) ? 2 : 1);
            var equals = body.IndexOf('=');
            var name = (equals < 0 ? body : body[..equals]).ToString().Replace('_', '-');
            var value = equals < 0 ? null : body[(equals + 1)..].ToString();
            if (value is null && !IsSwitch(name) && TakesValue(name))
            {
                if (i + 1 == arguments.Count)
                {
                    problems.Error($"--{name}", 0, $"the flag needs a value, as in --{name}=VALUE");
                    _flags = _flags with { IsChainKnown = _flags.IsChainKnown && name != "masq-chain" };
                    return;
                }
                value = arguments[++i];
            }
            Take(name, value);
        }
    }

    private static bool IsSwitch(string name) =>
        name is "nomasq-all-reserved-ranges" or "enable-ipv6" or "random-fully" || IgnoredSwitches.Contains(name);

    private static bool TakesValue(string name) => IgnoredValues.Contains(name) || Own.Contains(name);

    private void Take(string name, string? value)
    {
        switch (name)
        {
            case "masq-chain":
                TakeChain(value!);
                break;
            case "nomasq-all-reserved-ranges":
                _flags = _flags with { AllReservedRanges = Switch(name, value, _flags.AllReservedRanges) };
                break;
            case "enable-ipv6":
                _flags = _flags with { EnableIPv6 = Switch(name, value, _flags.EnableIPv6) };
                break;
            case "random-fully":
                _flags = _flags with { RandomFully = Switch(name, value, _flags.RandomFully) };
                break;
            case "to-ports":
                TakePorts(value!);
                break;
            case "resync-interval":
                TakeInterval(value!);
                break;
            default:
                TakeOther(name);
                break;
        }
    }

    private void TakeChain(string name)
    {
        // XT_EXTENSION_MAXNAMELEN is 29 with the closing zero; iptables refuses a leading dash or exclamation mark.
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > 28
            || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':') || name[0] == '-'
            || BuiltInNames.Contains(name))
        {
            RefuseChain(
                $"'{name}' cannot name a chain: 1 to 28 letters, digits, '-', '_', '.' or ':' that do not start with '-' and name no"
                + $" built-in chain or target, such as {MasqFlags.DefaultChain}");
            return;
        }
        if (MasqueradeOwner.OfChain(name) is { IsMasqAgent: false } owner)
        {
            RefuseChain(
                $"'{name}' is a chain of {owner.Name}: its rules would be thrown away here and ours there; name one that nobody else has,"
                + $" such as {MasqFlags.DefaultChain}");
            return;
        }
        _flags = _flags with { Chain = name, IsChainKnown = true };
    }

    private void RefuseChain(string message)
    {
        problems.Error("--masq-chain", 0, message);
        _flags = _flags with { IsChainKnown = false };
    }

    private void TakePorts(string value)
    {
        if (PortRange.TryParseList(value, out var ranges, out var problem))
        {
            _flags = _flags with { ToPorts = ranges };
            foreach (var (first, second) in PortRange.Overlaps(ranges))
            {
                problems.Warn("--to-ports", 0,
                    $"{first} and {second} overlap: ports in both are chosen more often than the others; write each port once");
            }
            return;
        }
        problems.Error("--to-ports", 0, $"{problem}; write it as in --to-ports=1024-29999,32768-65535");
    }

    private void TakeInterval(string value)
    {
        if (int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) && seconds > 0)
        {
            _flags = _flags with { ResyncInterval = TimeSpan.FromSeconds(seconds) };
            return;
        }
        problems.Error("--resync-interval", 0, $"'{value}' is not a whole number of seconds above 0, such as 60");
    }

    private bool Switch(string name, string? value, bool otherwise)
    {
        // strconv.ParseBool's words.
        switch (value)
        {
            case null or "1" or "t" or "T" or "true" or "TRUE" or "True":
                return true;
            case "0" or "f" or "F" or "false" or "FALSE" or "False":
                return false;
            default:
                problems.Error($"--{name}", 0, $"'{value}' is neither true nor false; write --{name}=true or --{name}=false");
                return otherwise;
        }
    }

    private void TakeOther(string name)
    {
        var isVerbosity = name.Length > 1 && name[0] == 'v' && name.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0;
        if (isVerbosity || IgnoredSwitches.Contains(name) || IgnoredValues.Contains(name))
        {
            problems.Inform($"--{name}", 0, "ignored: logging is configured for the agent as a whole");
            return;
        }
        var nearest = NearestName.Of(name, Own);
        problems.Error($"--{name}", 0, nearest is null
            ? $"is unknown; known here: {string.Join(", ", Own.Select(o => "--" + o))}"
            : $"is unknown; did you mean --{nearest}?");
    }
}
