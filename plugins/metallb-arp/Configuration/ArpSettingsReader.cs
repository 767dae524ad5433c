using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;
using NetAgent.Plugins.Shared.Rivals;

namespace NetAgent.Plugins.MetallbArp.Configuration;

/// <summary>Reads the plugin's configuration: strictARP of KubeProxyConfigurations, then documents in its own form over it.</summary>
internal static class ArpSettingsReader
{
    private const string OwnKind = "MetallbArpConfiguration";
    private static readonly ArpMode[] Modes = [ArpMode.All, ArpMode.Interfaces, ArpMode.Observe, ArpMode.Off];

    public static (ArpSettings Settings, IReadOnlyList<ConfigurationProblem> Problems) Read(PluginConfiguration configuration)
    {
        var sources = ConfigSources.Open(configuration, OwnKind);
        var settings = new ArpSettings();
        foreach (var root in sources.KubeProxy)
        {
            var ipvs = root.Section("ipvs");
            var isStrict = ipvs.Boolean("strictARP") ?? false;
            WarnOfOtherCase(ipvs);
            settings = settings with { Mode = isStrict ? ArpMode.All : ArpMode.Off };
        }
        foreach (var root in sources.Own)
        {
            settings = ReadOwn(root, settings);
        }
        return (settings, [.. sources.InOrder]);
    }

    // The other keys are other plugins'; this one written otherwise would silently be strictARP: false.
    private static void WarnOfOtherCase(ConfigSection ipvs)
    {
        foreach (var key in ipvs.Entries.Select(entry => entry.Key)
            .Where(key => key != "strictARP" && NearestName.Of(key, ["strictARP"]) is not null))
        {
            ipvs.Warn(key, "is unknown and has no effect; did you mean strictARP?");
        }
    }

    private static ArpSettings ReadOwn(ConfigSection root, ArpSettings before)
    {
        var links = root.Section("interfaces");
        var settings = before with
        {
            Mode = ReadMode(root) ?? before.Mode,
            Include = Patterns(links, "include") ?? before.Include,
            Exclude = Patterns(links, "exclude") ?? before.Exclude,
            Rivals = RivalLimits.Read(root, before.Rivals),
        };
        links.Finish();
        root.Finish();
        if (links.Exists && settings.Mode is ArpMode.All or ArpMode.Off)
        {
            root.Warn("interfaces", $"decides nothing in mode {NameOf(settings.Mode)}; mode: interfaces writes to chosen interfaces only");
        }
        return settings;
    }

    public static string NameOf(ArpMode mode) => mode switch
    {
        ArpMode.All => "all",
        ArpMode.Interfaces => "interfaces",
        ArpMode.Observe => "observe",
        _ => "off",
    };

    private static EquatableArray<string>? Patterns(ConfigSection links, string key) =>
        links.Texts(key)?.Select(item => item.Text).ToEquatableArray();

    private static ArpMode? ReadMode(ConfigSection root)
    {
        // Unquoted, YAML 1.1 takes off for a boolean; readers then hand on either text.
        if (root.Find("mode") is { Text: "false" or "False" })
        {
            return ArpMode.Off;
        }
        var name = root.OneOf("mode", [.. Modes.Select(NameOf)]);
        return name is null ? null : Modes.First(mode => NameOf(mode) == name);
    }
}
