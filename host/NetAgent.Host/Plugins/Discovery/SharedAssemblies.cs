using System.Runtime.InteropServices;

namespace NetAgent.Host.Plugins.Discovery;

/// <summary>What a plugin need not bring along: the contract and the framework.</summary>
internal static class SharedAssemblies
{
    public const string Contract = "NetAgent.Contracts";

    private static readonly string[] FrameworkFolders =
    [
        RuntimeEnvironment.GetRuntimeDirectory(),
        Path.GetDirectoryName(typeof(Microsoft.AspNetCore.Http.HttpContext).Assembly.Location)!,
    ];

    /// <summary>The framework, or ASP.NET Core's, has a file of this name.</summary>
    public static bool IsFramework(string file) => FrameworkFolders.Any(folder => File.Exists(Path.Combine(folder, file)));
}
