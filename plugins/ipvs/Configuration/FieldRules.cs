using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>kube-proxy's rules for single fields (pkg/proxy/apis/config/validation): what passes, and what would be right where it does not.</summary>
internal static class FieldRules
{
    /// <summary>A duration above zero; zero and absent mean the default.</summary>
    public static TimeSpan Period(Section section, string key, TimeSpan byDefault)
    {
        if (section.Duration(key) is not { } field || field.Value == TimeSpan.Zero)
        {
            return byDefault;
        }
        if (field.Value > TimeSpan.Zero)
        {
            return field.Value;
        }
        section.Problems.Error(field.Path, field.Line, $"is {Text(field.Value)}; it must be greater than 0");
        return byDefault;
    }

    /// <summary>A duration of zero or more.</summary>
    public static TimeSpan Wait(Section section, string key, TimeSpan byDefault)
    {
        if (section.Duration(key) is not { } field)
        {
            return byDefault;
        }
        if (field.Value >= TimeSpan.Zero)
        {
            return field.Value;
        }
        section.Problems.Error(field.Path, field.Line, $"is {Text(field.Value)}; it must be 0 or more");
        return byDefault;
    }

    public static void MinimumWithinPeriod(Section section, string minimumKey, TimeSpan minimum, string periodKey, TimeSpan period)
    {
        if (minimum > period)
        {
            section.Problems.Error(section.PathOf(minimumKey), section.LineOf(minimumKey),
                $"is {Text(minimum)}; it must not be more than {section.PathOf(periodKey)}, which is {Text(period)}");
        }
    }

    /// <summary>An address and port such as 0.0.0.0:10256, or empty; a missing port is kube-proxy's to add.</summary>
    public static void Endpoint(Section section, string key)
    {
        if (section.Text(key) is not { Value.Length: > 0 } field)
        {
            return;
        }
        var text = field.Value;
        var colon = text.LastIndexOf(':');
        var hasPort = colon > text.LastIndexOf(']') && (text.StartsWith('[') || text.IndexOf(':', StringComparison.Ordinal) == colon);
        var host = (hasPort ? text[..colon] : text).TrimStart('[').TrimEnd(']');
        var portIsGood = !hasPort || (int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536);
        if (!InetAddress.TryParse(host, out _) || !portIsGood)
        {
            section.Problems.Error(field.Path, field.Line, $"is \"{text}\"; it must be an IP address with a port from 1 to 65535, such as 0.0.0.0:10256 or [::]:10256");
        }
    }

    /// <summary>Ports as k8s.io/apimachinery reads them: 80, 1000-2000 or 1000+50; 0-0 and empty mean any.</summary>
    public static void PortRange(Section section, string key)
    {
        if (section.Text(key) is not { Value.Length: > 0 } field)
        {
            return;
        }
        var text = field.Value.Trim();
        var mark = text.IndexOfAny(['-', '+']);
        var isRange = Port(mark < 0 ? text : text[..mark], out var low) & Port(mark < 0 ? text : text[(mark + 1)..], out var high);
        if (!isRange || (mark >= 0 && text[mark] == '-' && high < low))
        {
            section.Problems.Error(field.Path, field.Line, $"is \"{field.Value}\"; it must be ports such as \"30000-31000\", or empty");
        }

        static bool Port(string text, out int port) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= 65535;
    }

    /// <summary>A release such as 1.35, or empty. kube-proxy takes its own predecessor only, which this agent has not.</summary>
    public static void MinorVersion(Section section, string key)
    {
        if (section.Text(key) is { Value.Length: > 0 } field && (field.Value.Count(c => c == '.') != 1 || !Version.TryParse(field.Value, out _)))
        {
            section.Problems.Error(field.Path, field.Line, $"is \"{field.Value}\"; it must be a release such as \"1.35\"");
        }
    }

    public static InetAddress Address(Section section, string key, InetAddress byDefault)
    {
        if (section.Text(key) is not { Value.Length: > 0 } field)
        {
            return byDefault;
        }
        if (InetAddress.TryParse(field.Value, out var address))
        {
            return address.IsUnspecified ? default : address;
        }
        section.Problems.Error(field.Path, field.Line, $"is \"{field.Value}\"; it must be an IP address such as 192.0.2.10 or 0.0.0.0");
        return byDefault;
    }

    /// <summary>One of a list's networks; the default value where it is none.</summary>
    public static InetPrefix Network(Section section, Field<string> field, string what)
    {
        if (InetPrefix.TryParse(field.Value, out var network))
        {
            return network.Network;
        }
        section.Problems.Error(field.Path, field.Line, $"is \"{field.Value}\"; it must be {what}");
        return default;
    }

    public static string Text(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds}s");
}
