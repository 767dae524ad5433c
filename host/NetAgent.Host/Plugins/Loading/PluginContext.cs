using System.Reflection;
using System.Runtime.Loader;
using McMaster.NETCore.Plugins.Loader;
using NetAgent.Contracts;

namespace NetAgent.Host.Plugins.Loading;

/// <summary>
/// Where one plugin's assemblies live: its own by its .deps.json and folder, the framework's, and of the host's NetAgent.Contracts alone.
/// The context itself would fall back to the host's other libraries; discovery has refused what needs them.
/// </summary>
internal static class PluginContext
{
    /// <exception cref="FileNotFoundException">The assembly is gone.</exception>
    public static AssemblyLoadContext Create(string assemblyPath) => new AssemblyLoadContextBuilder()
        .SetMainAssemblyPath(assemblyPath)
        .EnableUnloading()
        // Eager loading would share what the contract references, too.
        .IsLazyLoaded(true)
        .PreferDefaultLoadContextAssembly(Contract)
        .Build();

    private static AssemblyName Contract => typeof(IDataplanePlugin).Assembly.GetName();
}
