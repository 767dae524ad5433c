using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.MasqAgent.Settings;

/// <summary>
/// Reads one document of ip-masq-agent's configuration as Go's JSON decoder does: keys without regard to case, the last of several equal
/// keys counts, null leaves a number or a switch alone and empties a list.
/// </summary>
internal sealed class SourceReader(Findings findings)
{
    private static readonly string[] Keys =
        ["nonMasqueradeCIDRs", "cidrLimit", "masqLinkLocal", "masqLinkLocalIPv6", "resyncInterval", "masqueradeCIDRs", "podCIDRsOnly"];

    private SourceSettings _settings = new();

    public static SourceSettings Read(ConfigNode? root, Findings findings)
    {
        if (root is null || root.Kind == ConfigNodeKind.Null)
        {
            return new();
        }
        if (root.Kind != ConfigNodeKind.Mapping)
        {
            findings.Refuse("document", root.Line, $"keys with values are expected here, as in 'nonMasqueradeCIDRs: [10.0.0.0/8]', not {Describe(root)}");
            return new();
        }
        var reader = new SourceReader(findings);
        foreach (var entry in root.Entries)
        {
            reader.Take(entry, root);
        }
        return reader._settings;
    }

    private void Take(ConfigEntry entry, ConfigNode root)
    {
        var key = Keys.FirstOrDefault(k => k.Equals(entry.Key, StringComparison.OrdinalIgnoreCase));
        if (key is null)
        {
            WarnUnknown(entry);
            return;
        }
        if (!ReferenceEquals(entry, root.Entries.First(e => e.Key.Equals(key, StringComparison.OrdinalIgnoreCase))))
        {
            findings.Warn("DuplicateKey", key, entry.Line, "the key is given more than once; the last one counts");
        }
        switch (key)
        {
            case "nonMasqueradeCIDRs":
                _settings = _settings with { NonMasqueradeCidrs = ReadRanges(key, entry, "nothing but link-local is left alone") };
                break;
            case "masqueradeCIDRs":
                _settings = _settings with { MasqueradeCidrs = ReadRanges(key, entry, "nothing is forced") };
                break;
            case "cidrLimit":
                _settings = _settings with { CidrLimit = ReadLimit(key, entry) ?? _settings.CidrLimit };
                break;
            case "masqLinkLocal":
                _settings = _settings with { MasqLinkLocal = ReadSwitch(key, entry) ?? _settings.MasqLinkLocal };
                break;
            case "masqLinkLocalIPv6":
                _settings = _settings with { MasqLinkLocalIPv6 = ReadSwitch(key, entry) ?? _settings.MasqLinkLocalIPv6 };
                break;
            case "podCIDRsOnly":
                _settings = _settings with { PodCidrsOnly = ReadSwitch(key, entry) ?? _settings.PodCidrsOnly };
                break;
            default:
                _settings = _settings with { ResyncInterval = ReadInterval(key, entry) ?? _settings.ResyncInterval };
                break;
        }
    }

    private void WarnUnknown(ConfigEntry entry)
    {
        var nearest = NearestName.Of(entry.Key, Keys);
        findings.Warn("UnknownKey", entry.Key, entry.Line, nearest is null
            ? $"no such key, it changes nothing; known are {string.Join(", ", Keys)}"
            : $"no such key, it changes nothing; {nearest} is near");
    }

    private List<Range> ReadRanges(string key, ConfigEntry entry, string whenEmpty)
    {
        switch (entry.Value.Kind)
        {
            case ConfigNodeKind.Null:
                findings.Warn("NullList", key, entry.Line,
                    $"the key has no value, which is an empty list: {whenEmpty}. Remove the key for the default, or write [] if that is meant");
                return [];
            case ConfigNodeKind.Sequence:
                return [.. entry.Value.Items.Select((item, i) => RangeReader.Read(item, $"{key}[{i.ToString(CultureInfo.InvariantCulture)}]", findings))
                    .OfType<Range>()];
            default:
                findings.Refuse(key, entry.Line, $"a list of ranges is expected, as in [10.0.0.0/8], not {Describe(entry.Value)}");
                return [];
        }
    }

    private int? ReadLimit(string key, ConfigEntry entry)
    {
        var text = entry.Value.Text;
        if (entry.Value.Kind == ConfigNodeKind.Null)
        {
            return null;
        }
        // YAML 1.1 reads 010 as eight: neither that nor ten is a safe guess.
        var isPlain = entry.Value is { Kind: ConfigNodeKind.Scalar, IsQuoted: false } && (text.Length == 1 || !text.StartsWith('0'));
        if (isPlain && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit))
        {
            return limit;
        }
        findings.Refuse(key, entry.Line, $"a whole number from 0 is expected, as in 64 (the default), not {Describe(entry.Value)}");
        return null;
    }

    private bool? ReadSwitch(string key, ConfigEntry entry)
    {
        if (entry.Value.Kind == ConfigNodeKind.Null)
        {
            findings.Warn("NullValue", key, entry.Line, "the key has no value and changes nothing; write true or false");
            return null;
        }
        if (entry.Value is { Kind: ConfigNodeKind.Scalar, IsQuoted: false })
        {
            // YAML 1.1's words, which Go's YAML still reads.
            switch (entry.Value.Text)
            {
                case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                    return true;
                case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                    return false;
            }
        }
        findings.Refuse(key, entry.Line, $"true or false is expected, without quotes, not {Describe(entry.Value)}");
        return null;
    }

    private TimeSpan? ReadInterval(string key, ConfigEntry entry)
    {
        if (entry.Value.Kind != ConfigNodeKind.Scalar)
        {
            findings.Refuse(key, entry.Line, $"a duration is expected, as in 60s, not {Describe(entry.Value)}");
            return null;
        }
        var text = entry.Value.Text;
        if (!GoDuration.TryParse(text, out var interval))
        {
            findings.Refuse(key, entry.Line, DurationProblem.Of(text));
            return null;
        }
        if (interval <= TimeSpan.Zero)
        {
            var isTiny = !text.StartsWith('-') && text.AsSpan().IndexOfAnyInRange('1', '9') >= 0;
            findings.Refuse(key, entry.Line, $"'{text}' is {(isTiny ? "too short to be timed" : "not above zero")}; 60s is the default");
            return null;
        }
        return interval;
    }

    private static string Describe(ConfigNode node) => node.Kind switch
    {
        ConfigNodeKind.Null => "null",
        ConfigNodeKind.Sequence => "a list",
        ConfigNodeKind.Mapping => "keys with values",
        _ => node.IsQuoted ? $"the string \"{node.Text}\"" : $"'{node.Text}'",
    };
}
