using System.Globalization;

namespace NetAgent.Host.Loop;

/// <summary>
/// Lets one agent per node write. During a rolling update with surge two pods meet; the second must not fight the first. The lock is the
/// open file, so it ends with the process whatever happens to it.
/// </summary>
internal sealed class NodeLock : IDisposable
{
    private const int WouldBlock = 11; // EWOULDBLOCK

    private readonly FileStream _file;

    private NodeLock(FileStream file) => _file = file;

    /// <summary>Null when another process holds it; <paramref name="holder"/> then says which.</summary>
    /// <exception cref="IOException">The state directory cannot be written.</exception>
    public static NodeLock? TryTake(string stateDirectory, out string holder)
    {
        try
        {
            Directory.CreateDirectory(stateDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(stateDirectory, e);
        }
        var path = Path.Combine(stateDirectory, "lock");
        // Beside the lock, as the lock itself cannot be opened by others. For people; a pod's may be of another pid namespace.
        var holderPath = Path.Combine(stateDirectory, "holder");
        holder = "";
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB) here.
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            NameHolder(holderPath);
            return new(file);
        }
        catch (IOException held) when (held.HResult == WouldBlock)
        {
            holder = File.Exists(holderPath) && File.ReadAllText(holderPath) is { Length: > 0 } named ? named : "unknown";
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(stateDirectory, e);
        }
    }

    private static IOException Unwritable(string stateDirectory, Exception e) => new(
        $"stateDirectory {stateDirectory} cannot be written ({e.Message}): the agent must own a folder that outlives it, to take back what it wrote. Mount one there, or set stateDirectory", e);

    private static void NameHolder(string path)
    {
        try
        {
            File.WriteAllText(path, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // A full disk: the lock holds without it, and only the other's message is poorer.
        }
    }

    public void Dispose() => _file.Dispose();
}
