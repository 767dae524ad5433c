using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>
/// kube-proxy's rules for single fields (pkg/proxy/apis/config/validation): what passes, and what would be right where it does not.
/// </summary>
internal static class FieldRules
{
    /// <summary>A duration above zero; zero and absent mean the default.</summary>
    public static TimeSpan Period(ConfigSection section, string key, TimeSpan byDefault) =>
        section.Duration(key) is { } period && period > TimeSpan.Zero ? period : byDefault;

    public static void MinimumWithinPeriod(ConfigSection section, string minimumKey, TimeSpan minimum, string periodKey, TimeSpan period)
    {
        if (minimum > period)
        {
            section.Error(minimumKey, $"'{GoDuration.ToText(minimum)}' is out of range; at most {section.PathOf(periodKey)}, {GoDuration.ToText(period)}, is right");
        }
    }

    /// <summary>An address and port such as 0.0.0.0:10256, or empty; a missing port is kube-proxy's to add.</summary>
    public static string? Endpoint(ConfigSection section, string key)
    {
        if (section.Text(key) is not { Length: > 0 } text)
        {
            return null;
        }
        var colon = text.LastIndexOf(':');
        var hasPort = colon > text.LastIndexOf(']') && (text.StartsWith('[') || text.IndexOf(':', StringComparison.Ordinal) == colon);
        var host = (hasPort ? text[..colon] : text).TrimStart('[').TrimEnd(']');
        var portIsGood = !hasPort || (int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and < 65536);
        if (!InetAddress.TryParse(host, out _) || !portIsGood)
        {
            section.Error(key, $"'{text}' is not an IP address with a port from 1 to 65535, such as 0.0.0.0:10256 or [::]:10256");
            return null;
        }
        return text;
    }

    /// <summary>Ports as k8s.io/apimachinery reads them: 80, 1000-2000 or 1000+50; 0-0 and empty mean any.</summary>
    public static void PortRange(ConfigSection section, string key)
    {
        if (section.Text(key) is not { Length: > 0 } given)
        {
            return;
        }
        var text = given.Trim();
        var mark = text.IndexOfAny(['-', '+']);
        var isRange = Port(mark < 0 ? text : text[..mark], out var low) & Port(mark < 0 ? text : text[(mark + 1)..], out var high);
        if (!isRange || (mark >= 0 && text[mark] == '-' && high < low))
        {
            section.Error(key, $"'{given}' is not a range of ports; \"30000-31000\", or empty, is right");
        }

        static bool Port(string text, out int port) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= 65535;
    }

    /// <summary>A release such as 1.35, or empty. kube-proxy takes its own predecessor only, which this agent has not.</summary>
    public static void MinorVersion(ConfigSection section, string key)
    {
        if (section.Text(key) is { Length: > 0 } text && (text.Count(c => c == '.') != 1 || !Version.TryParse(text, out _)))
        {
            section.Error(key, $"'{text}' is not a release; one such as \"1.35\" is right");
        }
    }

    public static InetAddress Address(ConfigSection section, string key, InetAddress byDefault)
    {
        if (section.Text(key) is not { Length: > 0 } text)
        {
            return byDefault;
        }
        if (InetAddress.TryParse(text, out var address))
        {
            return address.IsUnspecified ? default : address;
        }
        section.Error(key, $"'{text}' is not an IP address such as 192.0.2.10 or 0.0.0.0");
        return byDefault;
    }

    /// <summary>One of a list's networks; the default value where it is none.</summary>
    public static InetPrefix Network(ConfigSection section, ConfigItem item, string what)
    {
        if (InetPrefix.TryParse(item.Text, out var network))
        {
            return network.Network;
        }
        section.Error(item, $"'{item.Text}' is not {what}");
        return default;
    }
}
