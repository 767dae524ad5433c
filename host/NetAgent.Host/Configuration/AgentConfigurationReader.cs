using System.Text;
using System.Text.RegularExpressions;
using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Host.Configuration;

/// <summary>Reads a NetAgentConfiguration from a parsed document.</summary>
internal static partial class AgentConfigurationReader
{
    public const string ApiVersion = "netagent.io/v1alpha1";
    public const string Kind = "NetAgentConfiguration";

    // unix(7): 108 bytes with the zero at the end, and the agent's socket is one of the directory's files.
    private const int StateDirectoryLimit = 107 - 14;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <param name="root">The document; null reads as an empty one, which lacks what says what it is.</param>
    /// <param name="source">The file's name, for messages.</param>
    /// <param name="folder">What relative paths are relative to.</param>
    public static AgentConfigurationResult Read(ConfigNode? root, string source, string folder)
    {
        var problems = new Problems(source);
        var section = new ConfigSection(root, problems);
        section.Expect("apiVersion", ApiVersion, isRequired: true);
        section.Expect("kind", Kind, isRequired: true);
        var configuration = Read(section, folder);
        section.Finish();
        return new(problems.HasErrors ? null : configuration, problems.InOrder);
    }

    private static AgentConfiguration Read(ConfigSection section, string folder)
    {
        var standard = new AgentConfiguration();
        return standard with
        {
            Plugins = ReadPlugins(section, folder),
            Cluster = ReadCluster(section.Section("cluster"), folder),
            Metrics = ReadBindAddress(section, "metricsBindAddress", "127.0.0.1:10249"),
            Healthz = ReadBindAddress(section, "healthzBindAddress", "0.0.0.0:10256"),
            Probe = ReadBindAddress(section, "probeBindAddress", ""),
            MinSyncPeriod = section.Duration("minSyncPeriod", TimeSpan.Zero, Hour) ?? standard.MinSyncPeriod,
            VerifyPeriod = section.Duration("verifyPeriod", Second, 24 * Hour) ?? standard.VerifyPeriod,
            PluginDeadline = section.Duration("pluginDeadline", TimeSpan.FromMilliseconds(100), Hour) ?? standard.PluginDeadline,
            DrainLimit = section.Duration("drainLimit", TimeSpan.Zero, 24 * Hour) ?? standard.DrainLimit,
            StateDirectory = ReadStateDirectory(section, folder) ?? standard.StateDirectory,
            PluginDirectory = ReadPath(section, "pluginDirectory", folder) ?? Path.Combine(AppContext.BaseDirectory, "plugins"),
            FileSystemRoot = ReadPath(section, "fileSystemRoot", folder) ?? standard.FileSystemRoot,
            DropIn = ReadDropIn(section.Section("dropIn"), folder),
            Rollout = ReadRollout(section.Section("rollout")),
            ConfirmWithin = section.Duration("confirmWithin", TimeSpan.Zero, Hour) ?? standard.ConfirmWithin,
            NodeCondition = section.Boolean("nodeCondition") ?? standard.NodeCondition,
            Logging = ReadLogging(section.Section("logging"), standard.Logging),
        };
    }

    private static List<PluginEntry> ReadPlugins(ConfigSection agent, string folder)
    {
        var entries = new List<PluginEntry>();
        foreach (var section in agent.Sections("plugins"))
        {
            var name = section.Text("name");
            var entry = new PluginEntry
            {
                Name = name ?? "",
                Inline = section.Find("config"),
                Files = ReadFiles(section, folder),
                Arguments = Words(section, "args"),
                NodeSelector = ReadLabels(section.Section("nodeSelector")),
                IsRequired = section.Boolean("required") ?? true,
                OnDisable = section.OneOf("onDisable", "cleanup", "retain") == "retain" ? OnDisable.Retain : OnDisable.Cleanup,
                Rollout = ReadRollout(section.Section("rollout")),
                Isolation = ReadIsolation(section),
            };
            section.Finish();
            if (name is null || !PluginName().IsMatch(name))
            {
                section.Error("name",
                    $"'{name}' is not a plugin's name: lower-case letters, digits and dashes, as the folder below the plugin directory");
            }
            else if (entries.Exists(other => other.Name == name))
            {
                section.Error("name", $"plugin '{name}' is listed twice; keep one entry");
            }
            else
            {
                entries.Add(entry);
            }
        }
        return entries;
    }

    private static PluginIsolation? ReadIsolation(ConfigSection section)
    {
        var limit = section.Size("memoryLimit", PluginIsolation.LeastMemoryLimit, PluginIsolation.GreatestMemoryLimit);
        if (section.OneOf("isolation", "inProcess", "process") == "process")
        {
            return new(limit ?? PluginIsolation.StandardMemoryLimit);
        }
        if (limit is not null)
        {
            section.Error("memoryLimit", "a limit needs `isolation: process`; the agent's own process has one memory for all");
        }
        return null;
    }

    private static EquatableArray<string> ReadFiles(ConfigSection section, string folder)
    {
        var one = section.Text("configFile");
        var several = Words(section, "configFiles");
        if (one is not null && !several.IsEmpty)
        {
            section.Error("configFiles", "configFile is given too; put all files into configFiles");
        }
        EquatableArray<string> paths = one is null ? several : [one];
        foreach (var path in paths.Where(path => ConfigMapReference.Is(path) && !ConfigMapReference.TryParse(path, out _)))
        {
            section.Error(one is null ? "configFiles" : "configFile", $"'{path}' is not {ConfigMapReference.Scheme}NAMESPACE/NAME/KEY");
        }
        return paths.Select(path => Resolve(section, one is null ? "configFiles" : "configFile", folder, path)).ToEquatableArray();
    }

    private static ClusterSettings ReadCluster(ConfigSection section, string folder)
    {
        var settings = new ClusterSettings(
            ReadPath(section, "kubeconfig", folder), section.Text("context"), ReadPath(section, "manifests", folder))
        {
            OtherNodes = section.Boolean("otherNodes") ?? false,
        };
        if (settings is { Manifests: not null, Kubeconfig: not null })
        {
            section.Error("manifests", "kubeconfig is given too; the cluster comes from one of them");
        }
        section.Finish();
        return settings;
    }

    private static DropInSettings? ReadDropIn(ConfigSection section, string folder)
    {
        if (!section.Exists)
        {
            return null;
        }
        var directory = ReadPath(section, "directory", folder);
        var digests = ReadPath(section, "digests", folder);
        section.Finish();
        if (directory is not null && digests is not null)
        {
            return new(directory, digests);
        }
        section.Error(directory is null ? "directory" : "digests",
            "dropIn needs both `directory` (a folder per plugin) and `digests` (a file in sha256sum's format that lists every file)");
        return null;
    }

    private static Rollout? ReadRollout(ConfigSection section)
    {
        if (!section.Exists)
        {
            return null;
        }
        var rollout = new Rollout(section.Number("percent", 0, 100) ?? 100, section.Text("salt") ?? "");
        section.Finish();
        return rollout;
    }

    private static LoggingSettings ReadLogging(ConfigSection section, LoggingSettings standard)
    {
        var settings = new LoggingSettings(
            section.OneOf("format", "text", "json") ?? standard.Format,
            section.OneOf("level", "debug", "information", "warning", "error") ?? standard.Level);
        section.Finish();
        return settings;
    }

    private static BindAddress? ReadBindAddress(ConfigSection section, string key, string standard)
    {
        var text = section.Text(key) ?? standard;
        if (text.Length == 0)
        {
            return null;
        }
        if (!BindAddress.TryParse(text, out var address))
        {
            section.Error(key, $"'{text}' is not ADDRESS:PORT such as {(standard.Length > 0 ? standard : "127.0.0.1:10270")}; \"\" switches the server off");
        }
        return address;
    }

    // A key without a value is an empty text, as Kubernetes reads it (`node-role.kubernetes.io/control-plane:`).
    private static EquatableArray<Label> ReadLabels(ConfigSection section) =>
        section.All().Select(entry => new Label(entry.Key, section.Text(entry.Key) ?? "")).ToEquatableArray();

    private static EquatableArray<string> Words(ConfigSection section, string key) =>
        (section.Texts(key) ?? []).Select(item => item.Text).ToEquatableArray();

    private static string? ReadPath(ConfigSection section, string key, string folder) =>
        section.Text(key) is { } path ? Resolve(section, key, folder, path) : null;

    private static string? ReadStateDirectory(ConfigSection section, string folder)
    {
        var path = ReadPath(section, "stateDirectory", folder);
        if (path is not null && Encoding.UTF8.GetByteCount(path) is > StateDirectoryLimit and var length)
        {
            section.Error("stateDirectory", $"{path} has {length} bytes; the agent's socket in it allows {StateDirectoryLimit}");
        }
        return path;
    }

    private static string Resolve(ConfigSection section, string key, string folder, string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            section.Error(key, "has a zero byte, which no path has");
            return folder;
        }
        return ConfigMapReference.Is(path) ? path : Path.GetFullPath(path, folder);
    }

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    private static partial Regex PluginName();
}
