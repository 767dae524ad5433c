using System.Reflection;
using System.Runtime.Loader;
using NetAgent.Contracts;
using NetAgent.Host.Plugins.Discovery;

namespace NetAgent.Host.Plugins.Loading;

/// <summary>A plugin that takes calls, with the context that can be unloaded; none where it runs in a process of its own.</summary>
internal sealed class LoadedPlugin(PluginImage image, AssemblyLoadContext? context, IDataplanePlugin plugin)
{
    public PluginImage Image { get; } = image;

    public IDataplanePlugin Plugin { get; } = plugin;

    /// <summary>
    /// Starts the unload, which is over when nothing refers into the context any more, which <paramref name="leak"/> tells.
    /// </summary>
    public void Unload(out WeakReference? leak)
    {
        leak = context is null ? null : new(context);
        context?.Unload();
    }

    /// <summary>Runs the plugin's constructor, so call it on the plugin's own thread.</summary>
    /// <exception cref="PluginRefusedException">The assembly does not load or holds no plugin.</exception>
    public static LoadedPlugin Load(PluginImage image)
    {
        AssemblyLoadContext? context = null;
        try
        {
            context = PluginContext.Create(image.AssemblyPath);
            var types = context.LoadFromAssemblyPath(image.AssemblyPath).GetTypes()
                .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IDataplanePlugin)))
                .ToArray();
            if (types.Length != 1)
            {
                throw Refuse(image, "NoPluginType", types.Length == 0
                    ? "no class in it implements IDataplanePlugin"
                    : $"{string.Join(" and ", types.Select(type => type.FullName))} both implement IDataplanePlugin",
                        "leave one public class that does");
            }
            if (types[0].GetConstructor(Type.EmptyTypes) is null)
            {
                throw Refuse(image, "NoConstructor", $"{types[0].FullName} has no public constructor without parameters", "add one");
            }
            return new(image, context, (IDataplanePlugin)Activator.CreateInstance(types[0])!);
        }
        catch (Exception failure)
        {
            context?.Unload();
            if (failure is PluginRefusedException)
            {
                throw;
            }
            throw Refuse(image, "LoadFailed", $"{Path.GetFileName(image.AssemblyPath)} does not load ({Innermost(failure)})",
                "put what it needs beside it, with its .deps.json");
        }
    }

    private static string Innermost(Exception failure) => failure switch
    {
        ReflectionTypeLoadException { LoaderExceptions: [{ } first, ..] } => first.Message,
        TargetInvocationException { InnerException: { } inner } => $"its constructor threw {ThrownFrom.Describe(inner)}",
        { InnerException: { } inner } => Innermost(inner),
        _ => failure.Message,
    };

    private static PluginRefusedException Refuse(PluginImage image, string reason, string message, string fix) =>
        new(new(image.Name, reason, message, fix));
}
