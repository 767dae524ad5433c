using System.Diagnostics;
using System.Runtime.Loader;
using NetAgent.Host.Status;

namespace NetAgent.Host.Plugins.Loading;

/// <summary>Where in a plugin an exception was thrown, or where the plugin called what threw: what its author needs first.</summary>
internal static class ThrownFrom
{
    /// <summary>
    /// <c>Acme.Limits.Limits.Reconcile, Limits.cs:42</c>; null where nothing of a plugin is in the trace. The line takes its .pdb.
    /// </summary>
    public static string? Of(Exception fault)
    {
        var frame = new StackTrace(fault, fNeedFileInfo: true).GetFrames().FirstOrDefault(IsOfPlugin);
        return frame?.GetMethod() is not { } method ? null
            : $"{method.DeclaringType?.FullName}.{method.Name}{(frame.GetFileName() is { } file ? $", {Path.GetFileName(file)}:{frame.GetFileLineNumber()}" : "")}";
    }

    /// <summary>Type, message, cause and place in one line.</summary>
    public static string Describe(Exception fault) => OneLine.Of(Text(fault.GetType().Name, MessageOf(fault), Of(fault)));

    /// <summary>The message, with that of what caused it: a type initializer's says nothing of its own.</summary>
    public static string MessageOf(Exception fault) =>
        fault.InnerException is { } inner ? $"{fault.Message}, by {inner.GetType().Name}: {inner.Message}" : fault.Message;

    public static string Text(string type, string message, string? place) => $"{type}: {message}{(place is null ? "" : $" ({place})")}";

    private static bool IsOfPlugin(StackFrame frame) =>
        frame.GetMethod()?.Module.Assembly is { } assembly && AssemblyLoadContext.GetLoadContext(assembly) != AssemblyLoadContext.Default;
}
