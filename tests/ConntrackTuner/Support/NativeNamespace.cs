using NetAgent.TestKit;

namespace NetAgent.ConntrackTuner.Tests;

/// <summary>A network namespace of this machine's own kernel: enough for what is no connection tracking.</summary>
internal static class NativeNamespace
{
    public static bool IsPossible => Environment.IsPrivilegedProcess && Shell.TryRun("unshare", "-n", "true").Code == 0;

    /// <summary>Runs a shell script in a new network namespace.</summary>
    public static string Script(string text) => Shell.Run("unshare", "-n", "sh", "-c", text);
}
