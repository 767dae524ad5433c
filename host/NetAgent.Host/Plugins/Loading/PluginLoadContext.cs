using System.Reflection;
using System.Runtime.Loader;
using NetAgent.Host.Plugins.Discovery;

namespace NetAgent.Host.Plugins.Loading;

/// <summary>
/// Where one plugin's assemblies live: its own by its .deps.json, the framework's, and of the host's NetAgent.Contracts alone. Whatever
/// else the host happens to carry is out of reach, so that a plugin that forgot a dependency fails here and not on the next upgrade.
/// </summary>
internal sealed class PluginLoadContext(string name, string assemblyPath)
    : AssemblyLoadContext($"plugin {name}", isCollectible: true)
{
    private readonly AssemblyDependencyResolver _resolver = new(assemblyPath);

    public Assembly LoadPlugin() => LoadFromAssemblyPath(assemblyPath);

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == SharedAssemblies.Contract)
        {
            return typeof(Contracts.IDataplanePlugin).Assembly;
        }
        if (_resolver.ResolveAssemblyToPath(assemblyName) is { } path)
        {
            return LoadFromAssemblyPath(path);
        }
        if (SharedAssemblies.IsFramework(assemblyName.Name + ".dll"))
        {
            return null;
        }
        throw new FileNotFoundException(
            $"{Path.GetFileName(assemblyPath)} needs {assemblyName.Name} {assemblyName.Version}, which is neither beside it nor in its .deps.json");
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : nint.Zero;
}
