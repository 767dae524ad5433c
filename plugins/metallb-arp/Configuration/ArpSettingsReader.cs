using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;
using NetAgent.Plugins.Shared.Rivals;

namespace NetAgent.Plugins.MetallbArp.Configuration;

/// <summary>Reads the plugin's configuration: strictARP of KubeProxyConfigurations, then documents in its own form over it.</summary>
internal static class ArpSettingsReader
{
    private const string OwnKind = "MetallbArpConfiguration";

    public static ArpSettings Read(PluginConfiguration configuration, List<ConfigurationProblem> problems)
    {
        var sources = ConfigSources.Read(configuration, OwnKind, problems);
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
        return settings;
    }

    // The other keys are other plugins'; this one written otherwise would silently be strictARP: false.
    private static void WarnOfOtherCase(ConfigSection ipvs)
    {
        foreach (var entry in ipvs.Entries.Where(e => e.Key != "strictARP" && NearestName.Of(e.Key, ["strictARP"]) is not null))
        {
            ipvs.Warn(entry.Key, entry.Value, "is unknown and has no effect; did you mean strictARP?");
        }
    }

    private static ArpSettings ReadOwn(ConfigSection root, ArpSettings before)
    {
        var mode = root.Text("mode");
        var links = root.Section("interfaces");
        var settings = before with
        {
            Mode = mode is null ? before.Mode : ModeOf(root, mode) ?? before.Mode,
            Include = links.Find("include") is null ? before.Include : links.Texts("include").ToEquatableArray(),
            Exclude = links.Find("exclude") is null ? before.Exclude : links.Texts("exclude").ToEquatableArray(),
            Rivals = RivalLimits.Read(root, before.Rivals),
        };
        links.WarnOfUnknownKeys();
        root.WarnOfUnknownKeys();
        if (links.Exists && settings.Mode is ArpMode.All or ArpMode.Off)
        {
            root.Warn("interfaces", root.Find("interfaces"), $"decides nothing in mode {NameOf(settings.Mode)}; mode: interfaces writes to chosen interfaces only");
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

    private static ArpMode? ModeOf(ConfigSection root, string text)
    {
        foreach (var mode in Enum.GetValues<ArpMode>())
        {
            if (NameOf(mode) == text)
            {
                return mode;
            }
        }
        // Unquoted, YAML 1.1 takes off for a boolean; readers then hand on either text.
        if (text is "false" or "False")
        {
            return ArpMode.Off;
        }
        root.Error("mode", root.Find("mode"), $"'{text}' is not known; one of all, interfaces, observe, off is right");
        return null;
    }
}
