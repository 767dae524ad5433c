using NetAgent.Host.Configuration;
using NetAgent.Host.Plugins.Discovery;

namespace NetAgent.Host.Plugins.DropIn;

/// <summary>Which of its two places a plugin comes from: the image, whose plugins win, or the drop-in directory.</summary>
internal static class PluginLookup
{
    /// <summary>Where a configuration says: among the image's plugins, else in the drop-in directory, of which a copy is staged.</summary>
    /// <param name="agent">Says where.</param>
    /// <param name="stateDirectory">Takes the copy.</param>
    /// <param name="name">The plugin's.</param>
    /// <param name="loaded">The drop-in content that runs, which is not copied again.</param>
    public static PluginSearchResult Find(AgentConfiguration agent, string stateDirectory, string name, string? loaded = null)
    {
        if (agent.DropIn is not { } dropIn || PluginCatalog.IsThere(agent.PluginDirectory, name))
        {
            return PluginCatalog.Find(agent.PluginDirectory, name);
        }
        return PluginCatalog.IsThere(dropIn.Directory, name) ? new DropInStage(dropIn, stateDirectory).Find(name, loaded)
            : PluginCatalog.NotFound(name, agent.PluginDirectory, dropIn.Directory);
    }

    /// <summary>The drop-in folder that nobody looks into because the image has one of that name; null when there is none.</summary>
    public static string? Shadowed(AgentConfiguration agent, string name) =>
        agent.DropIn is { } dropIn && PluginCatalog.IsThere(agent.PluginDirectory, name) && PluginCatalog.IsThere(dropIn.Directory, name)
            ? Path.Combine(dropIn.Directory, name) : null;
}
