using System.Text.RegularExpressions;
using NetAgent.Contracts;

namespace NetAgent.Host.Configuration;

/// <summary>Reads a NetAgentConfiguration from a parsed document.</summary>
internal static partial class AgentConfigurationReader
{
    public const string ApiVersion = "netagent.io/v1alpha1";
    public const string Kind = "NetAgentConfiguration";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <param name="root">The document; null reads as an empty one.</param>
    /// <param name="source">The file's name, for messages.</param>
    /// <param name="folder">What relative paths are relative to.</param>
    public static AgentConfigurationResult Read(ConfigNode? root, string source, string folder)
    {
        var problems = new List<ConfigurationProblem>();
        if (root is not { Kind: ConfigNodeKind.Mapping })
        {
            problems.Add(new()
            {
                Severity = Severity.Error,
                Source = source,
                Path = "",
                Line = root?.Line ?? 0,
                Message = $"the file must hold keys with values; start with `apiVersion: {ApiVersion}` and `kind: {Kind}`",
            });
            return new(null, problems);
        }
        var section = new ConfigSection(root, source, "", problems);
        Expect(section, root, "apiVersion", ApiVersion);
        Expect(section, root, "kind", Kind);
        var configuration = Read(section, folder);
        section.Finish();
        return new(problems.Exists(problem => problem.IsError) ? null : configuration, problems);
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
            MinSyncPeriod = section.Duration("minSyncPeriod", TimeSpan.Zero, TimeSpan.Zero, Hour),
            VerifyPeriod = section.Duration("verifyPeriod", standard.VerifyPeriod, Second, 24 * Hour),
            PluginDeadline = section.Duration("pluginDeadline", standard.PluginDeadline, TimeSpan.FromMilliseconds(100), Hour),
            DrainLimit = section.Duration("drainLimit", standard.DrainLimit, TimeSpan.Zero, 24 * Hour),
            StateDirectory = Resolve(folder, section.Text("stateDirectory")) ?? standard.StateDirectory,
            PluginDirectory = Resolve(folder, section.Text("pluginDirectory")) ?? Path.Combine(AppContext.BaseDirectory, "plugins"),
            FileSystemRoot = Resolve(folder, section.Text("fileSystemRoot")) ?? standard.FileSystemRoot,
            DropIn = ReadDropIn(section.Section("dropIn"), folder),
            Rollout = ReadRollout(section.Section("rollout")),
            ConfirmWithin = section.Duration("confirmWithin", TimeSpan.Zero, TimeSpan.Zero, Hour),
            NodeCondition = section.Boolean("nodeCondition", false),
            Logging = ReadLogging(section.Section("logging")),
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
                Inline = section.Value("config"),
                Files = ReadFiles(section, folder),
                Arguments = section.Texts("args"),
                NodeSelector = section.Map("nodeSelector"),
                IsRequired = section.Boolean("required", true),
                OnDisable = section.OneOf("onDisable", "cleanup", "cleanup", "retain") == "retain" ? OnDisable.Retain : OnDisable.Cleanup,
                Rollout = ReadRollout(section.Section("rollout")),
                Isolation = ReadIsolation(section),
            };
            section.Finish();
            if (name is null || !PluginName().IsMatch(name))
            {
                section.Error("name", section.Line, $"'{name}' is not a plugin's name: lower-case letters, digits and dashes, as the folder below the plugin directory");
            }
            else if (entries.Exists(other => other.Name == name))
            {
                section.Error("name", section.Line, $"plugin '{name}' is listed twice; keep one entry");
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
        var limit = section.Size("memoryLimit", PluginIsolation.StandardMemoryLimit, PluginIsolation.LeastMemoryLimit, PluginIsolation.GreatestMemoryLimit);
        if (section.OneOf("isolation", "inProcess", "inProcess", "process") == "process")
        {
            return new(limit);
        }
        if (section.Value("memoryLimit") is { } given)
        {
            section.Error("memoryLimit", given.Line, "a limit needs `isolation: process`; the agent's own process has one memory for all");
        }
        return null;
    }

    private static EquatableArray<string> ReadFiles(ConfigSection section, string folder)
    {
        var one = section.Text("configFile");
        var several = section.Texts("configFiles");
        if (one is not null && !several.IsEmpty)
        {
            section.Error("configFiles", section.Line, "configFile is given too; put all files into configFiles");
        }
        EquatableArray<string> paths = one is null ? several : [one];
        foreach (var path in paths.Where(path => ConfigMapReference.Is(path) && !ConfigMapReference.TryParse(path, out _)))
        {
            section.Error(one is null ? "configFiles" : "configFile", section.Line, $"'{path}' is not {ConfigMapReference.Scheme}NAMESPACE/NAME/KEY");
        }
        return paths.Select(path => Resolve(folder, path)!).ToEquatableArray();
    }

    private static ClusterSettings ReadCluster(ConfigSection? section, string folder)
    {
        if (section is null)
        {
            return new(null, null, null);
        }
        var settings = new ClusterSettings(
            Resolve(folder, section.Text("kubeconfig")), section.Text("context"), Resolve(folder, section.Text("manifests")));
        if (settings is { Manifests: not null, Kubeconfig: not null })
        {
            section.Error("manifests", section.Line, "kubeconfig is given too; the cluster comes from one of them");
        }
        section.Finish();
        return settings;
    }

    private static DropInSettings? ReadDropIn(ConfigSection? section, string folder)
    {
        if (section is null)
        {
            return null;
        }
        var directory = Resolve(folder, section.Text("directory"));
        var digests = Resolve(folder, section.Text("digests"));
        section.Finish();
        if (directory is not null && digests is not null)
        {
            return new(directory, digests);
        }
        section.Error(directory is null ? "directory" : "digests", section.Line,
            "dropIn needs both `directory` (a folder per plugin) and `digests` (a file in sha256sum's format that lists every file)");
        return null;
    }

    private static Rollout? ReadRollout(ConfigSection? section)
    {
        if (section is null)
        {
            return null;
        }
        var rollout = new Rollout(section.Number("percent", 100, 0, 100), section.Text("salt") ?? "");
        section.Finish();
        return rollout;
    }

    private static LoggingSettings ReadLogging(ConfigSection? section)
    {
        if (section is null)
        {
            return new AgentConfiguration().Logging;
        }
        var settings = new LoggingSettings(
            section.OneOf("format", "text", "text", "json"),
            section.OneOf("level", "information", "debug", "information", "warning", "error"));
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
            section.Error(key, section.Value(key)?.Line ?? 0, $"'{text}' is not ADDRESS:PORT such as {standard}; \"\" switches the server off");
        }
        return address;
    }

    private static void Expect(ConfigSection section, ConfigNode root, string key, string wanted)
    {
        if (section.Text(key) is var text && text != wanted)
        {
            section.Error(key, section.Value(key)?.Line ?? root.Line, text is null ? $"is missing; write `{key}: {wanted}`" : $"'{text}' is not {wanted}");
        }
    }

    private static string? Resolve(string folder, string? path) => path is null || ConfigMapReference.Is(path) ? path : Path.GetFullPath(path, folder);

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    private static partial Regex PluginName();
}
