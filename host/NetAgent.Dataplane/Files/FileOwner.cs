using System.Runtime.InteropServices;

namespace NetAgent.Dataplane.Files;

/// <summary>Users, which the framework does not tell.</summary>
public static partial class FileOwner
{
    /// <summary>The user that this process acts as.</summary>
    public static uint Self() => EffectiveUser();

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();
}
