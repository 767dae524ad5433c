using System.Security.Cryptography;
using System.Text;
using NetAgent.Contracts;

namespace NetAgent.Host.Configuration;

/// <summary>One plugin's configuration with a digest of what it means.</summary>
internal sealed record PluginSetup(PluginConfiguration Configuration, string Digest)
{
    /// <summary>One of its files is a ConfigMap that has not been read yet.</summary>
    public ConfigurationFile? Pending => Configuration.Files.FirstOrDefault(ConfigMapFiles.IsPending);
}

/// <summary>An accepted agent configuration with the plugins' files as they were read with it.</summary>
/// <param name="Agent">The agent's own file.</param>
/// <param name="Plugins">By plugin name.</param>
/// <param name="Digest">Of all of it; equal digests mean equal configurations. Shown in status and metrics.</param>
/// <param name="Source">What it was made from.</param>
internal sealed record AgentSetup(AgentConfiguration Agent, IReadOnlyDictionary<string, PluginSetup> Plugins, string Digest,
    AgentSource Source)
{
    /// <summary>Some plugin's ConfigMap has not been read yet.</summary>
    public bool IsPending => Plugins.Values.Any(plugin => plugin.Pending is not null);

    /// <summary>Every file that it was made from but the agent's own.</summary>
    public IEnumerable<string> Files => Agent.Plugins.SelectMany(entry => entry.Files);

    /// <param name="agent">Read from <paramref name="file"/>, with the options of the command line.</param>
    /// <param name="file">The agent's own file.</param>
    /// <param name="folder">What relative paths in it are relative to.</param>
    /// <param name="readFiles">Reads what a plugin's entry names: a file, or the files of a folder.</param>
    public static AgentSetup Read(AgentConfiguration agent, ConfigurationFile file, string folder,
        Func<string, ConfigurationFile[]> readFiles)
    {
        var files = new Dictionary<string, ConfigurationFile[]>(StringComparer.Ordinal);
        var plugins = new Dictionary<string, PluginSetup>(StringComparer.Ordinal);
        foreach (var entry in agent.Plugins)
        {
            foreach (var path in entry.Files)
            {
                files.TryAdd(path, readFiles(path));
            }
            var configuration = new PluginConfiguration
            {
                Inline = entry.Inline,
                InlineSource = file.Path,
                Files = [.. entry.Files.SelectMany(path => files[path])],
                Arguments = entry.Arguments,
            };
            plugins.Add(entry.Name, new(configuration, DigestOf(configuration)));
        }
        var all = new StringBuilder(ConfigNodeText.Of(file.Root));
        foreach (var (name, setup) in plugins.OrderBy(plugin => plugin.Key, StringComparer.Ordinal))
        {
            all.Append('\n').Append(name).Append(' ').Append(setup.Digest);
        }
        return new(agent, plugins, Hash(all.ToString()), new(file, folder, [.. files.Values.SelectMany(read => read)]));
    }

    private static string DigestOf(PluginConfiguration configuration)
    {
        var text = new StringBuilder(ConfigNodeText.Of(configuration.Inline));
        foreach (var file in configuration.Files)
        {
            text.Append('\n').Append(file.Path).Append(file.Exists).Append(file.Problem).Append(ConfigNodeText.Of(file.Root));
        }
        foreach (var argument in configuration.Arguments)
        {
            text.Append('\n').Append(argument);
        }
        return Hash(text.ToString());
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}
