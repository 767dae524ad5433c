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
        Directory.CreateDirectory(stateDirectory);
        var path = Path.Combine(stateDirectory, "lock");
        // Beside the lock, as the lock itself cannot be opened by others. For people; a pod's may be of another pid namespace.
        var holderPath = Path.Combine(stateDirectory, "holder");
        holder = "";
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB) here.
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(holderPath, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new(file);
        }
        catch (IOException held) when (held.HResult == WouldBlock)
        {
            holder = File.Exists(holderPath) ? File.ReadAllText(holderPath) : "unknown";
            return null;
        }
    }

    public void Dispose() => _file.Dispose();
}
